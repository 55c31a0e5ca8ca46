import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { SubdomainGenerator } from './subdomain-generator.ts';

const generator = new SubdomainGenerator();
const name = (
  slug: string,
  type: 'production' | 'staging' | 'preview' = 'production',
  branch = 'main',
): string => generator.generate({ slug }, { type, branch, slug });

describe('SubdomainGenerator', () => {
  it.each([
    [name('my-app'), 'my-app'],
    [name('my-app', 'staging'), 'staging--my-app'],
    [name('my-app', 'preview', 'feature/new-ui'), 'feature-new-ui--my-app'],
    [name('My_Project 123!'), 'my-project-123'],
    [name('a..b//c'), 'a-b-c'],
    [name('--a--'), 'a'],
  ])('%s', (found, expected) => {
    expect(found).toBe(expected);
  });

  it('parses what it made: the last part is the project', () => {
    expect(generator.parse('my-app')).toEqual({ projectSlug: 'my-app' });
    expect(generator.parse('feature-new-ui--my-app')).toEqual({
      projectSlug: 'my-app',
      deploymentSlug: 'feature-new-ui',
    });
  });

  it('gives names that are too long or empty a hash, so that two never collide', () => {
    const long = 'x'.repeat(80);
    expect(name(`${long}a`)).not.toBe(name(`${long}b`));
    expect(name('项目')).toMatch(/^x-[0-9a-f]{8}$/);
    expect(name('项目')).not.toBe(name('工程'));
    expect(name('app', 'preview', `${long}a`)).not.toBe(name('app', 'preview', `${long}b`));
    expect(generator.parse(name('app', 'preview', long)).projectSlug).toBe('app');
  });

  it('is always a valid label', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 120 }),
        fc.string({ maxLength: 120 }),
        (slug, branch) => {
          for (const type of ['production', 'staging', 'preview'] as const) {
            expect(name(slug, type, branch)).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
          }
        },
      ),
    );
  });
});
