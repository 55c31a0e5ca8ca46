import { memoryDirectory } from '@project-runner/conformance';
import { describe, expect, it } from 'vitest';

import { pnpm } from './pnpm.ts';

const declared = { name: 'pnpm', version: '^10', field: 'devEngines.packageManager' as const };

describe('detect', () => {
  it.each([
    [['pnpm-lock.yaml'], { strength: 'lockfile', file: 'pnpm-lock.yaml', lockfile: 'pnpm-lock.yaml' }],
    [
      ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'node_modules/.modules.yaml'],
      { strength: 'lockfile', file: 'pnpm-lock.yaml', lockfile: 'pnpm-lock.yaml' },
    ],
    [['pnpm-workspace.yaml'], { strength: 'installed', file: 'pnpm-workspace.yaml' }],
    [['node_modules/.modules.yaml'], { strength: 'installed', file: 'node_modules/.modules.yaml' }],
    [['package-lock.json', '.npmrc'], null],
  ])('%j', (files, expected) => {
    const directory = memoryDirectory(Object.fromEntries(files.map((file) => [file, ''])));
    expect(pnpm().detect(directory)).toEqual(expected);
  });

  it('takes a declaration, with and without a lockfile', () => {
    const manifest = { declaredPackageManager: declared };
    const strong = { strength: 'declared', file: 'package.json', version: '^10' };
    expect(pnpm().detect(memoryDirectory({}, { manifest }))).toEqual(strong);
    expect(pnpm().detect(memoryDirectory({ 'pnpm-lock.yaml': '' }, { manifest }))).toEqual({
      ...strong,
      lockfile: 'pnpm-lock.yaml',
    });
  });
});

describe('workspacePatterns', () => {
  it.each([
    ['packages:\n  - apps/*\n  - "!apps/old"\n', ['apps/*', '!apps/old']],
    ['overrides:\n  is-number: 6.0.0\n', null],
    ['packages: []', null],
    ['packages: [', null],
    ['', null],
  ])('%j', (text, expected) => {
    expect(pnpm().workspacePatterns?.(memoryDirectory({ 'pnpm-workspace.yaml': text }))).toEqual(expected);
  });

  it('is null without the file', () => {
    expect(pnpm().workspacePatterns?.(memoryDirectory())).toBeNull();
  });
});

describe('install', () => {
  const options = { frozen: true, allowScripts: false, standalone: true };
  const frozen = 'install --frozen-lockfile --prefer-offline --reporter=append-only --prod=false';

  it.each([
    [{ ...options, version: '12.21.0' }, frozen],
    [{ ...options, version: '10.34.9' }, frozen],
    [options, frozen],
    [{ ...options, version: '9.15.9' }, `${frozen} --ignore-workspace --ignore-scripts`],
    [{ ...options, version: '9.15.9', standalone: false, allowScripts: true }, frozen],
    [
      { ...options, frozen: false },
      frozen.replace('--frozen', '--no-frozen').replace(' --prefer-offline', ''),
    ],
    [{ ...options, fresh: true }, frozen.replace(' --prefer-offline', '')],
  ])('%j', (given, expected) => {
    expect(pnpm().install(given).args.join(' ')).toBe(expected);
  });

  it('tells pnpm 10 to look for workspace settings in this folder only', () => {
    const setting = 'NPM_CONFIG_WORKSPACE_DIR';
    expect(pnpm().install({ ...options, version: '10.34.9' }).env).toHaveProperty(setting, '.');
    expect(pnpm().install({ ...options, version: '12.21.0' }).env).not.toHaveProperty(setting);
    expect(pnpm().install({ ...options, version: '10.34.9', standalone: false }).env).not.toHaveProperty(
      setting,
    );
  });

  it('lets every script run only when told to', () => {
    const setting = 'pnpm_config_dangerously_allow_all_builds';
    expect(pnpm().install(options).env).not.toHaveProperty(setting);
    expect(pnpm().install({ ...options, allowScripts: true }).env).toHaveProperty(setting, 'true');
  });
});

it('runs a script without pretending to be in CI', () => {
  const { args, env } = pnpm().run('build', ['--watch']);
  expect(args).toEqual(['run', 'build', '--watch']);
  expect(env).not.toHaveProperty('CI');
});

describe('what pnpm prints', () => {
  it.each([
    'ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is not up to date',
    'ERR_PNPM_LOCKFILE_CONFIG_MISMATCH  Cannot proceed with the frozen installation.',
    'ERR_PNPM_LOCKFILE_BREAKING_CHANGE  Lockfile /x/pnpm-lock.yaml not compatible with current pnpm',
    'Error: ERR_PNPM_BROKEN_LOCKFILE\n\n  × installing dependencies',
    'ERR_PNPM_NO_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is absent',
  ])('%s', (output) => {
    expect(pnpm().explainFailure?.(output)).toEqual({
      reason: 'stale-lockfile',
      fix: 'pnpm install --lockfile-only',
    });
  });

  it.each([
    [
      ' ERR_PNPM_FETCH_404  GET https://registry.npmjs.org/nothing: Not Found - 404\n\nThis error happened',
      { reason: 'other', detail: 'GET https://registry.npmjs.org/nothing: Not Found - 404' },
    ],
    [
      '[ERR_PNPM_NO_MATCHING_VERSION] No matching version found for a@2.0.0',
      { reason: 'stale-cache', detail: 'No matching version found for a@2.0.0' },
    ],
    ['something else', null],
  ])('tells what else went wrong: %s', (output, expected) => {
    expect(pnpm().explainFailure?.(output)).toEqual(expected);
  });

  it.each([
    [
      'pnpm 12',
      `Ignored build scripts: dep@file:dep.tgz, esbuild@0.25.12.
Run "pnpm approve-builds" to pick which dependencies should be allowed to run scripts.
. postinstall$ node -v`,
      ['dep', 'esbuild'],
    ],
    [
      'pnpm 10, several lines in a box',
      `╭ Warning ─────────────────────────────────────────────────────────────────────╮
│                                                                              │
│   Ignored build scripts: @scope/a-rather-long-name@1.0.0-beta.1,             │
│   @scope/b@file:q6.tgz, plain.js.                                            │
│   Run "pnpm approve-builds" to pick which dependencies should be allowed     │
│   to run scripts.                                                            │
╰──────────────────────────────────────────────────────────────────────────────╯
Done in 695ms`,
      ['@scope/a-rather-long-name', '@scope/b', 'plain.js'],
    ],
    ['nothing skipped', 'Done in 51ms using pnpm v12.21.0', []],
  ])('%s', (_, output, expected) => {
    expect(pnpm().skippedScripts?.(output)).toEqual(expected);
  });
});
