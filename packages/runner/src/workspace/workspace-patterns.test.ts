import { npm } from '@project-runner/pm-npm';
import { pnpm } from '@project-runner/pm-pnpm';
import { describe, expect, it } from 'vitest';

import { tempFolder, writeFiles } from '../build/build-fixture.test-support.ts';
import { workspacePatterns } from './workspace-patterns.ts';
import type { WorkspacePatterns } from './workspace-patterns.ts';

const managers = [npm(), pnpm()];
const of = (workspaces: unknown): WorkspacePatterns | undefined =>
  workspacePatterns(writeFiles(tempFolder(), { 'package.json': { json: { workspaces } } }), managers);

describe('workspacePatterns', () => {
  it.each<[string[], string[], string[], number]>([
    [['apps/*'], ['apps/web'], ['apps', 'apps/web/e2e', 'libs/a', 'apps/.hidden'], 2],
    [['./apps/*/', 'tool'], ['apps/web', 'tool'], ['tool/a'], 2],
    [['libs/**', '!libs/old/**'], ['libs/a/b'], ['libs/old/a', 'apps/web'], Infinity],
    [['{apps,libs}/*'], ['apps/web', 'libs/a'], ['tools/a'], 2],
    [['apps/+(a|b)'], [], ['apps/a', 'apps/ab'], 2],
    [['../*', '/etc/*'], [], ['etc/a', 'a'], 3],
  ])('%j', (patterns, members, others, depth) => {
    const found = of(patterns);
    expect([...members, ...others].filter((path) => found?.matches(path))).toEqual(members);
    expect(found?.depth).toBe(depth);
  });

  it('are none without a workspace', () => {
    expect(of(undefined)).toBeUndefined();
    expect(of('apps/*')).toBeUndefined();
    expect(of([])).toBeUndefined();
  });

  it.each([
    ['many stars', [`${'*a'.repeat(60)}b`]],
    ['nested groups', [`${'+(a|aa)'.repeat(20)}b`]],
    ['stars in braces', [`${'{a*,*a}'.repeat(20)}b`]],
    ['many globstars', [`${'**/a/'.repeat(20)}b`]],
    ['a long one', [`${'a'.repeat(100_000)}*`]],
    ['a hundred thousand', Array.from({ length: 100_000 }, (_, at) => `p${at}/*`)],
  ])('cost little when they are hostile: %s', (_, patterns) => {
    const started = performance.now();
    const found = of([...patterns, 'apps/*']);
    found?.matches('a'.repeat(250));
    found?.matches('a/'.repeat(120));
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('are read of a pnpm workspace', () => {
    const dir = writeFiles(tempFolder(), { 'pnpm-workspace.yaml': 'packages:\n  - apps/*\n' });
    expect(workspacePatterns(dir, managers)?.matches('apps/web')).toBe(true);
  });
});
