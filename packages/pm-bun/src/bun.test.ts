import { memoryDirectory } from '@project-runner/conformance';
import { describe, expect, it } from 'vitest';

import { bun } from './bun.ts';

const tolerates = ['yarn'];

describe('detect', () => {
  it.each([
    [['bun.lock'], { strength: 'lockfile', file: 'bun.lock', lockfile: 'bun.lock', tolerates }],
    [
      ['bun.lockb', 'yarn.lock'],
      { strength: 'lockfile', file: 'bun.lockb', lockfile: 'bun.lockb', tolerates },
    ],
    [['bun.lock', 'bun.lockb'], { strength: 'lockfile', file: 'bun.lock', lockfile: 'bun.lock', tolerates }],
    [['yarn.lock', 'node_modules/.cache/x'], null],
  ])('%j', (files, expected) => {
    const directory = memoryDirectory(Object.fromEntries(files.map((file) => [file, ''])));
    expect(bun().detect(directory)).toEqual(expected);
  });

  it('takes a declaration, with and without a lockfile', () => {
    const manifest = {
      declaredPackageManager: { name: 'bun', version: '1.4.5', field: 'packageManager' as const },
    };
    const strong = { strength: 'declared', file: 'package.json', version: '1.4.5', tolerates };
    expect(bun().detect(memoryDirectory({}, { manifest }))).toEqual(strong);
    expect(bun().detect(memoryDirectory({ 'bun.lock': '' }, { manifest }))).toEqual({
      ...strong,
      lockfile: 'bun.lock',
    });
  });
});

it.each([
  [{ frozen: true, allowScripts: false }, 'install --frozen-lockfile --no-progress --ignore-scripts'],
  [{ frozen: false, allowScripts: false }, 'install --no-progress --ignore-scripts'],
  [{ frozen: true, allowScripts: true }, 'install --frozen-lockfile --no-progress'],
])('install %j', (options, expected) => {
  expect(
    bun()
      .install({ standalone: true, ...options })
      .args.join(' '),
  ).toBe(expected);
});

it('runs a script', () => {
  expect(bun().run('build', ['--watch']).args).toEqual(['run', 'build', '--watch']);
});

it.each([
  [
    'error: lockfile had changes, but lockfile is frozen\nnote: try re-running without --frozen-lockfile',
    { reason: 'stale-lockfile', fix: 'bun install --lockfile-only' },
  ],
  ['error: GET https://registry.npmjs.org/nothing - 404', null],
])('explains %j', (output, expected) => {
  expect(bun().explainFailure?.(output)).toEqual(expected);
});
