import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { createUserPaths } from './user-paths.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'cli-paths-')));

describe('createUserPaths', () => {
  const own = createUserPaths('/state/builds/p/b+1', '/home/me/shop');

  it.each([
    ['not found at /state/builds/p/b+1/dist/index.js', 'not found at /home/me/shop/dist/index.js'],
    ['start /state/builds/p/b+1 (asked: node)', 'start /home/me/shop (asked: node)'],
    ['/state/builds/p/b+1.', '/home/me/shop.'],
    ['"/state/builds/p/b+1" and /state/builds/p/b+1/a:3:1', '"/home/me/shop" and /home/me/shop/a:3:1'],
    ['/state/builds/p/b+1/shop/x', '/home/me/shop/shop/x'],
  ])('%s', (text, expected) => {
    expect(own(text)).toBe(expected);
  });

  it.each([
    '/state/builds/p/b+1.log',
    '/state/builds/p/b+1.release.json',
    '/state/builds/p/b+12/x',
    '/state/builds/p/bb1',
  ])('leaves %s alone', (text) => {
    expect(own(text)).toBe(text);
  });

  it('finds the way out of a workspace', () => {
    const project = join(root, 'ws/packages/api');
    mkdirSync(project, { recursive: true });
    writeFileSync(join(root, 'ws/package.json'), '{ "workspaces": ["packages/*"] }');
    const translate = createUserPaths('/builds/b', project);
    expect(translate('/builds/b/packages/api/dist')).toBe(join(project, 'dist'));
    expect(translate('/builds/b/packages/api')).toBe(project);
    expect(translate('/builds/b/api/x')).toBe(join(project, 'api/x'));
  });

  it('knows the copy by both its names', () => {
    mkdirSync(join(root, 'real'));
    symlinkSync(join(root, 'real'), join(root, 'link'));
    const translate = createUserPaths(join(root, 'link/b'), '/home/me/shop');
    expect(translate(`${join(root, 'link/b/x')} ${join(root, 'real/b/y')}`)).toBe(
      '/home/me/shop/x /home/me/shop/y',
    );
  });
});
