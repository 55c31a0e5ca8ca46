import { memoryDirectory } from '@project-runner/conformance';
import { describe, expect, it } from 'vitest';

import { npm } from './npm.ts';

const declared = { name: 'npm', version: '11.19.1', field: 'packageManager' as const };

describe('detect', () => {
  it.each([
    [
      ['package-lock.json'],
      { strength: 'lockfile', file: 'package-lock.json', lockfile: 'package-lock.json' },
    ],
    [
      ['npm-shrinkwrap.json'],
      { strength: 'lockfile', file: 'npm-shrinkwrap.json', lockfile: 'npm-shrinkwrap.json' },
    ],
    [
      ['npm-shrinkwrap.json', 'package-lock.json'],
      { strength: 'lockfile', file: 'package-lock.json', lockfile: 'package-lock.json' },
    ],
    [['node_modules/.package-lock.json'], { strength: 'installed', file: 'node_modules/.package-lock.json' }],
    [['pnpm-lock.yaml', 'node_modules/.modules.yaml', '.npmrc'], null],
  ])('%j', (files, expected) => {
    const directory = memoryDirectory(Object.fromEntries(files.map((file) => [file, ''])));
    expect(npm().detect(directory)).toEqual(expected);
  });

  it('takes a declaration, with and without a lockfile', () => {
    const manifest = { declaredPackageManager: declared };
    const strong = { strength: 'declared', file: 'package.json', version: '11.19.1' };
    expect(npm().detect(memoryDirectory({}, { manifest }))).toEqual(strong);
    expect(npm().detect(memoryDirectory({ 'package-lock.json': '' }, { manifest }))).toEqual({
      ...strong,
      lockfile: 'package-lock.json',
    });
  });
});

describe('install', () => {
  const options = { frozen: true, allowScripts: false, standalone: true };

  it.each([
    [
      { ...options, version: '11.19.1' },
      'ci --include=dev --prefer-offline --ignore-scripts --loglevel=error --no-audit --no-fund --no-progress',
    ],
    [
      options,
      'ci --include=dev --prefer-offline --ignore-scripts --loglevel=error --no-audit --no-fund --no-progress',
    ],
    [
      { ...options, version: '12.2.0' },
      'ci --include=dev --prefer-offline --loglevel=warn --no-audit --no-fund --no-progress',
    ],
    [
      { ...options, frozen: false, allowScripts: true, version: '12.2.0' },
      'install --include=dev --loglevel=error --no-audit --no-fund --no-progress',
    ],
    [
      { ...options, fresh: true },
      'ci --include=dev --prefer-online --ignore-scripts --loglevel=error --no-audit --no-fund --no-progress',
    ],
  ])('%j', (given, expected) => {
    expect(npm().install(given).args.join(' ')).toBe(expected);
  });

  it('lets every script run only when told to', () => {
    const setting = 'npm_config_dangerously_allow_all_scripts';
    expect(npm().install(options).env).not.toHaveProperty(setting);
    expect(npm().install({ ...options, allowScripts: true }).env).toHaveProperty(setting, 'true');
  });
});

it('runs a script, its arguments behind --', () => {
  expect(npm().run('build', []).args).toEqual(['run', 'build']);
  expect(npm().run('build', ['--watch']).args).toEqual(['run', 'build', '--', '--watch']);
});

describe('what npm prints', () => {
  it.each([
    [
      'npm error `npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync. Please update',
      { reason: 'stale-lockfile', fix: 'npm install --package-lock-only' },
    ],
    [
      'npm error The `npm ci` command can only install with an existing\nnpm error package-lock.json with lockfileVersion >= 1.',
      { reason: 'other', fix: 'npm install --package-lock-only' },
    ],
    ['npm error code E404\nnpm error 404 Not Found - GET https://registry.npmjs.org/nothing', null],
    [
      "npm error code E404\nnpm error 404 Not Found - GET https://x/nothing\nnpm error 404\nnpm error 404  'nothing@^1.0.0' is not in this registry.",
      { reason: 'other', detail: "'nothing@^1.0.0' is not in this registry." },
    ],
    [
      'npm error code ETARGET\nnpm error notarget No matching version found for a@1.14.0.\nnpm error notarget In most cases',
      { reason: 'stale-cache', detail: 'No matching version found for a@1.14.0.' },
    ],
    ['npm error code ENOTCACHED\nnpm error request to x failed', { reason: 'stale-cache' }],
    [
      "npm error `npm ci` can only install packages when your package.json and package-lock.json are in sync.\nnpm error\nnpm error Missing: a@1.0.0 from lock file\nnpm error Invalid: lock file's b@1 does not satisfy b@2\n",
      {
        reason: 'stale-lockfile',
        fix: 'npm install --package-lock-only',
        detail: 'Missing: a@1.0.0 from lock file, and 1 more',
      },
    ],
    ['npm error code EUSAGE\nnpm error Unknown option', null],
  ])('%s', (output, expected) => {
    expect(npm().explainFailure?.(output)).toEqual(expected);
  });

  it('names the packages whose scripts npm 12 blocked', () => {
    const list = `npm warn install-scripts   @scope/dep@1.0.0 (postinstall: node -e "1 @ 2 (x")
npm warn install-scripts   esbuild@0.25.12 (postinstall: node install.js)
npm warn install-scripts
npm warn install-scripts Run \`npm install-scripts ls\` to review, or \`npm install-scripts approve <pkg>\` to allow.
`;
    const blocked =
      'npm warn install-scripts 2 packages had install scripts blocked because they are not covered by allowScripts:\n';
    const ran = 'npm warn install-scripts 2 packages have install scripts not yet covered by allowScripts:\n';
    expect(npm().skippedScripts?.(blocked + list)).toEqual(['@scope/dep', 'esbuild']);
    expect(npm().skippedScripts?.(ran + list)).toEqual([]);
  });
});
