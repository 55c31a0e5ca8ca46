import { join } from 'node:path';

import { npm } from '@project-runner/pm-npm';
import { expect, it } from 'vitest';

import { tempFolder, writeFiles } from '../build/build-fixture.test-support.ts';
import { inBuildOrder, memberDependencies } from './member-dependencies.ts';
import { readWorkspace } from './read-workspace.ts';
import { workspaceNeeds } from './workspace-needs.ts';

const signal = new AbortController().signal;

/** A workspace of packages by their folders; answers what `apps/web` needs, in build order. */
async function order(packages: Readonly<Record<string, object>>): Promise<string[]> {
  const root = writeFiles(tempFolder(), {
    'package.json': { json: { workspaces: ['apps/*', 'libs/*'] } },
    ...Object.fromEntries(
      Object.entries(packages).map(([dir, json]) => [`${dir}/package.json`, { json }] as const),
    ),
  });
  const workspace = await readWorkspace(root, { managers: [npm()], signal });
  const web = workspace.members.find(({ dir }) => dir === join(root, 'apps/web'));
  if (!web) throw new Error('no apps/web');
  return inBuildOrder([web], memberDependencies(workspace)).map(({ dir }) => dir.slice(root.length + 1));
}

it('puts each after what it depends on, in whatever way', async () => {
  const found = await order({
    'apps/web': { dependencies: { a: '*', c: '^1.0.0' } },
    'libs/a': { name: 'a', devDependencies: { b: 'workspace:*' } },
    'libs/b': { name: 'b', peerDependencies: { c: '>=1' } },
    'libs/c': { name: 'c', optionalDependencies: { d: '1' } },
    'libs/d': { name: 'd' },
    'libs/e': { name: 'e', dependencies: { web: '*' } },
  });
  expect(found).toEqual(['libs/d', 'libs/c', 'libs/b', 'libs/a']);
});

it('knows them by other names and by their folders', async () => {
  const found = await order({
    'apps/web': {
      dependencies: {
        one: 'workspace:@acme/a@*',
        two: 'file:../../libs/b',
        three: 'link:../../libs/c',
        four: 'workspace:libs/d',
        five: 'npm:@acme/e@1.0.0',
        six: 'file:../../elsewhere',
        seven: 'npm:left-pad@1.0.0',
      },
    },
    ...Object.fromEntries(
      ['a', 'b', 'c', 'd', 'e'].map((name) => [`libs/${name}`, { name: `@acme/${name}` }]),
    ),
    'libs/left-pad': { name: 'seven' },
  });
  expect(found).toEqual(['libs/a', 'libs/b', 'libs/c', 'libs/d', 'libs/e']);
});

it('ends where packages depend on each other, and on themselves', async () => {
  const found = await order({
    'apps/web': { name: 'web', dependencies: { a: '*', web: '*' } },
    'libs/a': { name: 'a', dependencies: { b: '*' } },
    'libs/b': { name: 'b', dependencies: { a: '*', web: '*' } },
  });
  expect(found).toEqual(['libs/b', 'libs/a']);
});

it('is not confused by hostile names', async () => {
  const found = await order({
    'apps/web': JSON.parse('{"dependencies":{"__proto__":"*","constructor":"*","../../x":"file:/etc"}}'),
    'libs/a': { name: '../../x' },
  });
  expect(found).toEqual([]);
});

it('needs what the root depends on, but does not build it, and keeps packages that lie in each other', async () => {
  const root = writeFiles(tempFolder(), {
    'package.json': { json: { workspaces: ['**'], dependencies: { tool: '*' } } },
    'apps/web/package.json': { json: { dependencies: { inner: '*' } } },
    'apps/web/e2e/package.json': { json: { name: 'e2e' } },
    'libs/package.json': { json: { name: 'outer' } },
    'libs/inner/package.json': { json: { name: 'inner', scripts: { build: 'x' } } },
    'tool/package.json': { json: { name: 'tool', scripts: { build: 'x' } } },
    'apps/other/package.json': { json: { name: 'other' } },
    'apps/broken/package.json': '{',
    'node_modules/dep/package.json': { json: { name: 'dep' } },
  });
  const workspace = await readWorkspace(root, { managers: [npm()], signal });
  const { unneeded, built } = workspaceNeeds(workspace, join(root, 'apps/web'));
  expect(unneeded.map(({ dir }) => dir)).toEqual([join(root, 'apps/other')]);
  expect(built.map(({ manifest }) => manifest.name)).toEqual(['inner']);
});
