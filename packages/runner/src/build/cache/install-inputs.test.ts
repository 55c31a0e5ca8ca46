import { describe, expect, it } from 'vitest';

import { tempFolder, writeFiles } from '../build-fixture.test-support.ts';
import type { Files } from '../build-fixture.test-support.ts';
import type { BuildInputs } from './build-inputs.ts';
import { installFingerprint } from './install-inputs.ts';

const inputs: BuildInputs = {
  format: 1,
  source: 'one',
  commit: null,
  projectPath: '',
  leftOut: [],
  lockfile: 'pnpm-lock.yaml',
  packageManager: 'pnpm',
  packageManagerVersion: '12.21.0',
  node: 'v24',
  platform: 'linux',
  framework: 'node',
  plugins: '',
  projectOptions: {},
  runner: '1',
  buildCommand: null,
  allowInstallScripts: false,
  skipInstall: false,
  secretsInOutput: 'warn',
  secretNames: [],
  variables: {},
};

/** Whether a change anywhere in the source asks for another install. */
async function needsAllOfTheSource(files: Files): Promise<boolean> {
  const treeDir = writeFiles(tempFolder(), { 'package.json': '{}', 'pnpm-lock.yaml': '', ...files });
  const hashes = new Map(
    ['package.json', 'pnpm-lock.yaml', ...Object.keys(files)].map((name) => [name, 'x']),
  );
  const [one, two] = await Promise.all(
    ['one', 'two'].map((source) =>
      installFingerprint({ treeDir, files: hashes, inputs: { ...inputs, source } }),
    ),
  );
  expect(one).not.toBeNull();
  return one !== two;
}

describe('dependencies depend on all of the source', () => {
  it.each<[string, Files]>([
    ['an override leads to a folder', { 'pnpm-lock.yaml': "  '@acme/lib@file:vendor/lib':\n" }],
    [
      'a package of the workspace is injected',
      { 'pnpm-lock.yaml': 'resolution: {directory: libs/a, type: directory}' },
    ],
    ['a portal leads to a folder', { 'pnpm-lock.yaml': '"lib@portal:./vendor/lib::locator=x"' }],
    ['scripts of dependencies are allowed', { 'pnpm-workspace.yaml': 'allowBuilds:\n  esbuild: true\n' }],
    [
      'scripts of dependencies are allowed, as in pnpm 10',
      { 'pnpm-workspace.yaml': 'onlyBuiltDependencies: [a]' },
    ],
    [
      'scripts of dependencies are allowed in package.json',
      { 'package.json': { json: { pnpm: { onlyBuiltDependencies: ['@prisma/client'] } } } },
    ],
    ['all scripts are allowed', { 'pnpm-workspace.yaml': 'dangerouslyAllowAllBuilds: true' }],
    ['the project has an install script', { 'package.json': { json: { scripts: { postinstall: 'x' } } } }],
  ])('where %s', async (_, files) => {
    expect(await needsAllOfTheSource(files)).toBe(true);
  });

  it.each<[string, Files]>([
    ['a workspace', { 'pnpm-lock.yaml': 'version: link:../a' }],
    ['Yarn’s own patches', { 'pnpm-lock.yaml': 'resolution: "typescript@patch:typescript@npm%3A5#builtin"' }],
    ['scripts that are refused', { 'pnpm-workspace.yaml': 'allowBuilds:\n  esbuild: false\n' }],
    ['a build script', { 'package.json': { json: { scripts: { build: 'x' } } } }],
  ])('but not for %s', async (_, files) => {
    expect(await needsAllOfTheSource(files)).toBe(false);
  });
});

it('is another one where the project has set options of its package manager, whatever it has set of its framework', async () => {
  const treeDir = writeFiles(tempFolder(), { 'package.json': '{}', 'pnpm-lock.yaml': '' });
  const files = new Map(['package.json', 'pnpm-lock.yaml'].map((name) => [name, 'x']));
  const of = (projectOptions: Record<string, string>): Promise<string | null> =>
    installFingerprint({ treeDir, files, inputs: { ...inputs, projectOptions } });
  expect(await of({ 'framework:node.entry': '"a"' })).toBe(await of({}));
  expect(await of({ 'package-manager:mine.flat': 'true' })).not.toBe(await of({}));
});
