import type { Command, FrameworkPlugin, PackageManagerPlugin } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { tempFolder, testBuilder, writeFiles } from './build-fixture.test-support.ts';
import type { Files } from './build-fixture.test-support.ts';

const node = (script: string): Command => ({ file: 'node', args: ['-e', script] });

/** A package manager of somebody else: everything is a line of JavaScript. */
const manager = (changes: Partial<PackageManagerPlugin> = {}): PackageManagerPlugin => ({
  kind: 'package-manager',
  name: 'mine',
  apiVersion: 1,
  detect: (directory) =>
    directory.has('mine.lock') ? { strength: 'lockfile', file: 'mine.lock', lockfile: 'mine.lock' } : null,
  install: () => node('console.log("installed")'),
  run: (script) => node(`console.log("ran ${script}")`),
  version: () => node('console.log("3.2.1")'),
  ...changes,
});

const folder = (files: Files = {}, scripts: object = { build: 'x' }): string =>
  writeFiles(tempFolder(), {
    'package.json': { json: { main: 'server.mjs', scripts } },
    'server.mjs': '',
    'mine.lock': '',
    ...files,
  });

describe('a package manager of a third party', () => {
  it('says its version by the command it names', async () => {
    const { build } = testBuilder({}, [manager()]);
    const { errorMessage, log } = await build(folder(), { skipInstall: false });
    expect(errorMessage).toBeNull();
    expect(log).toContain('Installing dependencies with mine 3.2.1 (frozen, mine.lock)');
    expect(log).toEqual(expect.arrayContaining(['installed', 'ran build']));
  });

  it('says it by --version of its program where it names none', async () => {
    const { version: _, ...plugin } = manager();
    const { build } = testBuilder({}, [plugin]);
    const { errorMessage, log } = await build(folder(), { skipInstall: false });
    expect(errorMessage).toBeNull();
    expect(log.join('\n')).toContain(`with mine ${process.versions.node} (`);
  });

  it('is named where the version cannot be had', async () => {
    const version = (): Command => ({ file: 'node', args: ['-e', 'console.log("none")'] });
    const { build } = testBuilder({}, [manager({ version })]);
    const { errorMessage } = await build(folder(), { skipInstall: false });
    expect(errorMessage).toMatch(
      /`node -e .*` answered exit code 0: none.*See what `node -e .*` says in the project/,
    );
  });

  it.each([
    ['install', () => 'npm ci', /\[package-manager:mine\] install must answer .*: found "npm ci"/],
    ['install', () => ({ file: 'node', args: 'ci' }), /install.*args must be an array, found "ci"/],
    ['install', () => ({ file: '', args: [] }), /install.*file must name a program, found ""/],
    ['install', () => ({ args: [] }), /install.*file must name a program, found nothing/],
    ['install', () => ({ file: 'node', args: [1] }), /install.*args\[0\] must be a string, found 1/],
    [
      'install',
      () => ({ file: 'node', args: [], env: { A: undefined } }),
      /install.*env\.A must be a string, found nothing/,
    ],
    [
      'install',
      () => ({ file: 'node', args: [], env: 'A=1' }),
      /install.*env must be an object, found "A=1"/,
    ],
    ['install', async () => node(''), /install.*found a promise; the method must be synchronous/],
    ['install', () => Promise.reject(new Error('late')), /install.*found a promise/],
    ['install', () => null, /install.*found null/],
    ['run', () => 'npm run build', /\[package-manager:mine\] run must answer .*: found "npm run build"/],
    ['version', () => '3.2.1', /\[package-manager:mine\] version must answer .*: found "3\.2\.1"/],
  ])('is blamed for a wrong answer of %s', async (hook, answer, message) => {
    const { build } = testBuilder({}, [manager({ [hook]: answer as never })]);
    const { status, errorMessage } = await build(folder(), { skipInstall: false });
    expect(status).toBe('failed');
    expect(errorMessage).toMatch(message);
  });

  it('that is not there is missed, with and without an install', async () => {
    const missing = { file: 'no-such-manager', args: [] };
    const plugin = manager({ version: () => missing, run: () => missing });
    const { build } = testBuilder({}, [plugin]);
    for (const skipInstall of [true, false]) {
      expect((await build(folder(), { skipInstall })).errorMessage).toMatch(
        /the project uses mine and there is no no-such-manager on PATH.*Install mine on this machine/,
      );
    }
  });
});

describe('a build by a command of the framework', () => {
  const framework = (command: Command): FrameworkPlugin => ({
    kind: 'framework',
    name: 'own',
    apiVersion: 1,
    drainSeconds: 1,
    detect: () => ({ strength: 'specific', reason: 'a test' }),
    build: (project) => (project.has('installed.txt') ? { command } : {}),
    output: () => null,
    start: () => ({ command, cwd: 'release' }),
    env: () => ({}),
  });
  const install = (): Command => node('require("fs").writeFileSync("installed.txt", "")');

  it('is asked for again after the install, and gets the settings of the package manager', async () => {
    const run = (): Command => ({ ...node(''), env: { SETTING: 'of the manager', MODE: 'manager' } });
    const script = 'console.log(process.env.SETTING, process.env.MODE, process.env.NODE_ENV)';
    const command = { ...node(script), env: { MODE: 'framework' } };
    const { build } = testBuilder({}, [manager({ run, install }), framework(command)]);
    const { errorMessage, log } = await build(folder({}, {}), { skipInstall: false });
    expect(errorMessage).toBeNull();
    expect(log).toContain('No build script found');
    expect(log).toContain('of the manager framework production');
  });

  it('that is no command is the fault of that plugin', async () => {
    const { build } = testBuilder({}, [manager({ install }), framework('mastra build' as never)]);
    const { errorMessage } = await build(folder({}, {}), { skipInstall: false });
    expect(errorMessage).toMatch(/\[framework:own\] build must answer .*: found "mastra build"/);
  });
});
