import type { PackageManagerPlugin } from '@project-runner/core';
import { afterEach, describe, expect, it } from 'vitest';

import { factoryVariations } from './factory-variations.test-support.ts';
import type { Variation } from './factory-variations.test-support.ts';
import { checksOf, failuresOf } from './run-suite.test-support.ts';
import type { It } from './suite.ts';
import { testPackageManager } from './test-package-manager.ts';

const timers: NodeJS.Timeout[] = [];
afterEach(() => timers.splice(0).forEach(clearInterval));

const lock = 'mem.lock';

function mem(changes: Partial<PackageManagerPlugin> = {}): PackageManagerPlugin {
  return {
    kind: 'package-manager',
    name: 'mem',
    apiVersion: 1,
    detect(directory) {
      const declared = directory.manifest?.declaredPackageManager;
      const lockfile = directory.has(lock) ? { lockfile: lock } : {};
      if (declared?.name === 'mem') {
        const version = declared.version ? { version: declared.version } : {};
        return { strength: 'declared', file: 'package.json', ...version, ...lockfile };
      }
      return directory.has(lock) ? { strength: 'lockfile', file: lock, ...lockfile } : null;
    },
    install: ({ frozen, allowScripts }) => ({
      file: '/opt/my tools/mem',
      args: ['install', ...(frozen ? ['--frozen'] : []), ...(allowScripts ? [] : ['--ignore-scripts'])],
    }),
    run: (script, args) => ({ file: 'mem', args: ['run', script, ...args] }),
    ...changes,
  };
}

const { detect, install, run } = mem();
const leftover = { strength: 'installed', file: 'node_modules' } as const;
const noLockfile = { strength: 'lockfile', file: lock } as const;
const suite =
  (create: () => PackageManagerPlugin) =>
  (it: It): void =>
    testPackageManager(it, { create, lockfile: { file: lock, text: '' } });

const program = 'install: answers a program and arguments for every option';
const installing =
  (change: (command: ReturnType<typeof install>) => object): (() => PackageManagerPlugin) =>
  () =>
    mem({ install: (options) => ({ ...install(options), ...change(install(options)) }) });

const variations: readonly Variation<PackageManagerPlugin>[] = [
  ...factoryVariations(mem, 'install', timers),
  [
    'detect: answers null for an empty folder',
    /must answer null where nothing speaks for it, found .*installed/,
    () => mem({ detect: (directory) => detect(directory) ?? (directory.manifest ? null : leftover) }),
  ],
  [
    'detect: finds its lockfile and names it',
    /must see mem\.lock, found null/,
    () => mem({ detect: (directory) => (directory.manifest ? detect(directory) : null) }),
  ],
  [
    'detect: finds its lockfile and names it',
    /must answer lockfile 'mem\.lock', found undefined/,
    () =>
      mem({
        detect: (directory) => (directory.manifest || !directory.has(lock) ? detect(directory) : noLockfile),
      }),
  ],
  [
    'detect: a declaration is stronger and keeps the lockfile',
    /must answer strength 'declared', found 'lockfile'/,
    () =>
      mem({ detect: ({ has }) => (has(lock) ? { strength: 'lockfile', file: lock, lockfile: lock } : null) }),
  ],
  [
    'detect: a declaration is stronger and keeps the lockfile',
    /must answer lockfile 'mem\.lock', found undefined/,
    () =>
      mem({
        detect: (directory) =>
          directory.manifest?.declaredPackageManager?.version
            ? { strength: 'declared', file: 'package.json', version: '1.2.3' }
            : detect(directory),
      }),
  ],
  [
    'detect: a declaration of another manager is none of its business',
    /pass over a declaration of another manager, .*found \{ strength: 'declared'/s,
    () =>
      mem({
        detect: (directory) =>
          detect(directory) ??
          (directory.manifest?.declaredPackageManager
            ? { strength: 'declared', file: 'package.json' }
            : null),
      }),
  ],
  [
    'detect: a declaration of another manager is none of its business',
    /report its lockfile beside a declaration of another manager.*found null/,
    () =>
      mem({
        detect: (directory) =>
          directory.manifest?.declaredPackageManager?.name === 'somebody-else' ? null : detect(directory),
      }),
  ],
  [
    'pure: the same question gets the same answer',
    /must be pure, found two answers/,
    () => {
      let runs = 0;
      return mem({ run: (script, args) => run(script, [...args, String((runs += 1))]) });
    },
  ],
  [
    program,
    /must answer \{ file, args \} at once, found .*file: undefined/s,
    installing(() => ({ file: undefined })),
  ],
  [program, /file must be one program.*found "mem install"/, installing(() => ({ file: 'mem install' }))],
  [
    program,
    /file must be one program.*found "\/opt\/mem install"/,
    installing(() => ({ file: '/opt/mem install' })),
  ],
  [
    program,
    /name the program itself instead of a line for a shell, found sh -c/,
    installing(({ args }) => ({ file: 'sh', args: ['-c', `mem ${args.join(' ')}`] })),
  ],
  [
    program,
    /must not be a shell line, found "&& true"/,
    installing(({ args }) => ({ args: [...args, '&& true'] })),
  ],
  [program, /each argument must be a string, found 1/, installing(({ args }) => ({ args: [...args, 1] }))],
  [program, /env\.CI must be a string, found true/, installing(() => ({ env: { CI: true } }))],
  [
    'install: frozen differs from not frozen',
    /another command with frozen: exactly the lockfile/,
    () => mem({ install: (options) => install({ ...options, frozen: true }) }),
  ],
  [
    'install: allowScripts decides about install scripts',
    /must skip the install scripts of dependencies without allowScripts/,
    () => mem({ install: (options) => install({ ...options, allowScripts: true }) }),
  ],
  [
    'install: never without devDependencies',
    /must keep devDependencies.*found --omit dev/,
    installing(({ args }) => ({ args: [...args, '--omit', 'dev'] })),
  ],
  [
    'install: never without devDependencies',
    /must keep devDependencies.*found npm_config_omit/,
    installing(() => ({ env: { npm_config_omit: 'dev' } })),
  ],
  [
    'run: answers a program and arguments that name the script',
    /the script must be one of the arguments, found mem run --flag/,
    () => mem({ run: (_, args) => ({ file: 'mem', args: ['run', ...args] }) }),
  ],
  [
    'run: answers a program and arguments that name the script',
    /arguments must be passed on to the script, found mem run build/,
    () => mem({ run: (script) => run(script, []) }),
  ],
  [
    'workspacePatterns: null for a folder that is no root of a workspace',
    /must answer null without a workspace, found \[\]/,
    () => mem({ workspacePatterns: () => [] }),
  ],
  [
    'version: answers a program and arguments',
    /version must answer \{ file, args \} at once, found '1\.2\.3'/,
    () => mem({ version: () => '1.2.3' as never }),
  ],
  [
    'toleratesMissingMembers: true or false',
    /toleratesMissingMembers must answer true or false, found 'yes'/,
    () => mem({ toleratesMissingMembers: () => 'yes' as never }),
  ],
  [
    'explainFailure: null for words it does not know',
    /must answer null where it has no remedy, found \{ reason: 'stale-lockfile'/,
    () => mem({ explainFailure: () => ({ reason: 'stale-lockfile', fix: 'mem install' }) }),
  ],
  [
    'skippedScripts: empty where nothing was skipped',
    /must name only packages that the output names, found \[ 'esbuild' \]/,
    () => mem({ skippedScripts: () => ['esbuild'] }),
  ],
];

describe('testPackageManager', () => {
  it('passes a correct plugin', async () => {
    expect(await failuresOf(suite(mem))).toEqual([]);
  });

  it('has a broken plugin for each check', () => {
    const names = checksOf(suite(mem)).map(({ name }) => name);
    expect(new Set(variations.map(([check]) => check))).toEqual(new Set(names));
  });

  it.each(variations)('finds with "%s" what should read %s', async (check, message, create) => {
    expect(await failuresOf(suite(create))).toEqual([{ check, message: expect.stringMatching(message) }]);
  });
});
