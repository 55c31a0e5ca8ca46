import assert from 'node:assert/strict';

import type { InstallOptions, PackageManagerPlugin } from '@project-runner/core';

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
  testFactory(it, 'package-manager', create);

  it('detect: answers null for an empty folder', () => {
    assert.equal(create().detect(memoryDirectory()), null);
  });

  it('detect: finds its lockfile and names it', () => {
    const found = create().detect(memoryDirectory({ [lockfile.file]: lockfile.text }));
    assert.ok(found, `detect must see ${lockfile.file}`);
    assert.equal(found.strength, 'lockfile');
    assert.equal(found.file, lockfile.file);
    assert.equal(found.lockfile, lockfile.file);
  });

  it('detect: a declaration is stronger and keeps the lockfile', () => {
    const plugin = create();
    const declaredPackageManager = { name: plugin.name, version: '1.2.3', field: 'packageManager' as const };
    const directory = memoryDirectory(
      { [lockfile.file]: lockfile.text },
      { manifest: { declaredPackageManager } },
    );
    const found = plugin.detect(directory);
    assert.equal(found?.strength, 'declared');
    assert.equal(found?.version, '1.2.3');
    assert.equal(found?.lockfile, lockfile.file);
  });

  it('detect: a declaration of another manager is none of its business', () => {
    const declaredPackageManager = { name: 'somebody-else', field: 'packageManager' as const };
    assert.equal(create().detect(memoryDirectory({}, { manifest: { declaredPackageManager } })), null);
  });

  it('detect: is pure, the same folder gives the same answer', () => {
    const directory = memoryDirectory({ [lockfile.file]: lockfile.text });
    const plugin = create();
    assert.deepEqual(plugin.detect(directory), plugin.detect(directory));
  });

  it('install: answers a program and arguments for every option, without changing them', () => {
    for (const options of installs) {
      const frozen = Object.freeze({ ...options });
      assertCommand(create().install(frozen));
    }
  });

  it('install: frozen differs from not frozen', () => {
    const [first, , third] = installs.map((options) => create().install(options));
    assert.notDeepEqual(first, third, 'an install with a lockfile must keep to it');
  });

  it('run: answers a program and arguments that name the script', () => {
    const command = create().run('build', ['--flag']);
    assertCommand(command);
    assert.ok(command.args.includes('build'), 'the script must be one of the arguments');
    assert.ok(command.args.includes('--flag'), 'arguments must be passed on');
  });
}
