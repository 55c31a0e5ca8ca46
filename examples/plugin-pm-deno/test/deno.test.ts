import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { memoryDirectory, testPackageManager } from '@project-runner/conformance';

import { deno } from '../src/index.ts';

describe('conformance', () => {
  testPackageManager(it, { create: deno, lockfile: { file: 'deno.lock', text: '{ "version": "5" }' } });
});

describe('detect', () => {
  for (const file of ['deno.json', 'deno.jsonc', 'node_modules/.deno']) {
    it(`takes ${file} for no more than a leftover`, () => {
      assert.deepEqual(deno().detect(memoryDirectory({ [`${file}`]: '{}' })), {
        strength: 'installed',
        file,
      });
    });
  }
});

describe('workspacePatterns', () => {
  for (const [name, files, expected] of [
    ['a list', { 'deno.json': '{ "workspace": ["./packages/*", "app/"] }' }, ['packages/*', 'app']],
    ['members', { 'deno.json': '{ "workspace": { "members": ["app"] } }' }, ['app']],
    [
      'comments and trailing commas',
      { 'deno.jsonc': '{ // all of them\n "workspace": ["./a", /* not "b" */ "c//d",], "x": ",}", }' },
      ['a', 'c//d'],
    ],
    ['no workspace', { 'deno.json': '{}' }, null],
    ['no JSON', { 'deno.json': '{ nonsense' }, null],
  ] as const) {
    it(`reads ${name}`, () => {
      assert.deepEqual(deno().workspacePatterns?.(memoryDirectory(files)) ?? null, expected);
    });
  }

  it('prefers those of package.json', () => {
    const directory = memoryDirectory(
      { 'deno.json': '{ "workspace": ["a"] }' },
      { manifest: { workspaces: ['b'] } },
    );
    assert.deepEqual(deno().workspacePatterns?.(directory), ['b']);
  });
});
