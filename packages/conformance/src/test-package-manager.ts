import assert from 'node:assert/strict';
import { inspect } from 'node:util';

import type {
  Command,
  DirectorySnapshot,
  InstallOptions,
  PackageManagerEvidence,
  PackageManagerPlugin,
} from '@project-runner/core';

import { assertCommand } from './assert-command.ts';
import { memoryDirectory } from './memory-directory.ts';
import type { It } from './suite.ts';
import { testFactory } from './test-factory.ts';

export interface TestPackageManagerOptions {
  create(): PackageManagerPlugin;
  /** A lockfile of this manager and a text that it could have. */
  lockfile: { file: string; text: string };
}

const installs: readonly InstallOptions[] = [true, false].flatMap((frozen) =>
  [true, false].map((allowScripts) => ({ frozen, allowScripts, standalone: true })),
);

/** Proves a package-manager plugin. */
export function testPackageManager(it: It, { create, lockfile }: TestPackageManagerOptions): void {
  const locked = memoryDirectory({ [lockfile.file]: lockfile.text });
  const declaring = (name: string, files = {}, version?: string): DirectorySnapshot =>
    memoryDirectory(files, {
      manifest: {
        declaredPackageManager: { name, field: 'packageManager', ...(version ? { version } : {}) },
      },
    });

  testFactory(it, {
    kind: 'package-manager',
    create,
    use(plugin) {
      plugin.detect(
        memoryDirectory({ [lockfile.file]: lockfile.text }, { manifest: { workspaces: ['packages/*'] } }),
      );
      plugin.install({ frozen: true, allowScripts: false, standalone: true });
      plugin.run('build', ['--flag'], {});
      plugin.workspacePatterns?.(memoryDirectory());
      plugin.explainFailure?.('');
      plugin.skippedScripts?.('');
    },
  });

  it('detect: answers null for an empty folder', () => {
    const found = create().detect(memoryDirectory());
    assert.equal(found, null, `detect must answer null where nothing speaks for it, found ${inspect(found)}`);
  });

  it('detect: finds its lockfile and names it', () => {
    const found = create().detect(locked);
    assert.ok(found, `detect must see ${lockfile.file}, found ${inspect(found)}`);
    assertEvidence(found, { strength: 'lockfile', file: lockfile.file, lockfile: lockfile.file });
  });

  it('detect: a declaration is stronger and keeps the lockfile', () => {
    const plugin = create();
    const found = plugin.detect(declaring(plugin.name, { [lockfile.file]: lockfile.text }, '1.2.3'));
    assert.ok(found, `detect must see that package.json declares ${plugin.name}, found ${inspect(found)}`);
    assertEvidence(found, { strength: 'declared', version: '1.2.3', lockfile: lockfile.file });
  });

  it('detect: a declaration of another manager is none of its business', () => {
    const found = create().detect(declaring('somebody-else'));
    assert.equal(
      found,
      null,
      `detect must pass over a declaration of another manager, which that one's plugin reports; found ${inspect(found)}`,
    );
    const beside = create().detect(declaring('somebody-else', { [lockfile.file]: lockfile.text }));
    assert.equal(
      beside?.strength,
      'lockfile',
      `detect must report its lockfile beside a declaration of another manager, too: the runner ranks; found ${inspect(beside)}`,
    );
  });

  it('pure: the same question gets the same answer', () => {
    const plugin = create();
    const ask = (): unknown[] => [
      plugin.detect(locked),
      ...installs.map((options) => plugin.install({ ...options })),
      plugin.run('build', ['--flag']),
    ];
    assert.deepEqual(
      ask(),
      ask(),
      'detect, install and run must be pure, found two answers to the same question',
    );
  });

  it('install: answers a program and arguments for every option', () => {
    for (const options of installs) {
      assertCommand(create().install({ ...options }), 'install');
      assertCommand(create().install({ ...options, fresh: true }), 'install');
    }
  });

  it('install: frozen differs from not frozen', () => {
    const [frozen, , free] = installs.map((options) => create().install({ ...options }));
    assert.notDeepEqual(
      frozen,
      free,
      'install must answer another command with frozen: exactly the lockfile, or a failure',
    );
  });

  it('install: allowScripts decides about install scripts', () => {
    const [allowed, skipped] = installs.map((options) => create().install({ ...options }));
    assert.notDeepEqual(
      allowed,
      skipped,
      'install must skip the install scripts of dependencies without allowScripts, found the same command with and without',
    );
  });

  it('install: never without devDependencies', () => {
    for (const options of installs) {
      const found = dropsDevDependencies(create().install({ ...options }));
      assert.equal(
        found,
        undefined,
        `install must keep devDependencies, which the build needs; found ${found}`,
      );
    }
  });

  it('run: answers a program and arguments that name the script', () => {
    const command = create().run('build', ['--flag']);
    assertCommand(command, 'run');
    const line = [command.file, ...command.args].join(' ');
    assert.ok(command.args.includes('build'), `the script must be one of the arguments, found ${line}`);
    assert.ok(command.args.includes('--flag'), `arguments must be passed on to the script, found ${line}`);
  });

  it('version: answers a program and arguments', () => {
    const plugin = create();
    if (plugin.version) assertCommand(plugin.version(), 'version');
  });

  it('workspacePatterns: null for a folder that is no root of a workspace', () => {
    const found = create().workspacePatterns?.(memoryDirectory({}, { manifest: {} })) ?? null;
    assert.equal(
      found,
      null,
      `workspacePatterns must answer null without a workspace, found ${inspect(found)}`,
    );
  });

  it('toleratesMissingMembers: true or false', () => {
    const found: unknown = create().toleratesMissingMembers?.({ version: '1.0.0' }) ?? false;
    assert.equal(
      typeof found,
      'boolean',
      `toleratesMissingMembers must answer true or false, found ${inspect(found)}`,
    );
  });

  it('explainFailure: null for words it does not know', () => {
    const found = create().explainFailure?.('the disk is full') ?? null;
    assert.equal(
      found,
      null,
      `explainFailure must answer null where it has no remedy, found ${inspect(found)}`,
    );
  });

  it('skippedScripts: empty where nothing was skipped', () => {
    const found = create().skippedScripts?.('added 3 packages in 1s') ?? [];
    assert.deepEqual(
      found,
      [],
      `skippedScripts must name only packages that the output names, found ${inspect(found)}`,
    );
  });
}

function assertEvidence(found: PackageManagerEvidence, expected: Partial<PackageManagerEvidence>): void {
  for (const [member, value] of Object.entries(expected)) {
    const answer = found[member as keyof PackageManagerEvidence];
    assert.equal(answer, value, `detect must answer ${member} ${inspect(value)}, found ${inspect(answer)}`);
  }
}

const productionOnly = /^(--(production|prod)(=true)?|-P|--omit[= ]dev|--only[= ]prod(uction)?|--no-dev)$/;
const productionVariable = /^((npm|pnpm)_config_(production|prod|omit)|yarn_production)$/i;

/** The argument or variable that leaves devDependencies out. */
function dropsDevDependencies({ args, env = {} }: Command): string | undefined {
  const words = args.flatMap((arg, index) => [arg, `${arg} ${args[index + 1] ?? ''}`]);
  const [name] =
    Object.entries(env).find(
      ([key, value]) => productionVariable.test(key) && /^(true|1|dev)$/.test(value),
    ) ?? [];
  return words.find((word) => productionOnly.test(word)) ?? name;
}
