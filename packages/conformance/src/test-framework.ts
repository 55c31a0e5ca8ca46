import assert from 'node:assert/strict';
import { posix, win32 } from 'node:path';
import { inspect } from 'node:util';

import type { Command, DirectorySnapshot, FrameworkPlugin } from '@project-runner/core';

import { assertCommand, assertVariables, programName } from './assert-command.ts';
import { memoryDirectory } from './memory-directory.ts';
import type { It } from './suite.ts';
import { testFactory } from './test-factory.ts';

export interface TestFrameworkOptions {
  create(): FrameworkPlugin;
  /** A project of this framework, as it is after a build. */
  project: DirectorySnapshot;
  /**
   * One whose build has left no server: a static site, the function of another platform, nothing at all. `null` where every
   * build is a server, so that `output` need not look.
   */
  noServer: DirectorySnapshot | null;
}

const address = { host: '127.0.0.1', port: 4321 };
/** What the runner gives a server from SIGTERM to SIGKILL at most: 30 s and the time to see that it is gone. */
const maxDrainSeconds = 28;

/** Proves a framework plugin. */
export function testFramework(it: It, { create, project, noServer }: TestFrameworkOptions): void {
  const ask = (plugin: FrameworkPlugin): unknown[] => [
    plugin.detect(project),
    plugin.build(project),
    plugin.output(project),
    plugin.copies?.(project),
    plugin.start(project),
    plugin.env({ ...address }),
    plugin.readyMessage?.({ type: 'ready' }),
  ];

  testFactory(it, { kind: 'framework', create, use: ask });

  it('pure: the same question gets the same answer', () => {
    const plugin = create();
    assert.deepEqual(
      ask(plugin),
      ask(plugin),
      'methods must be pure, found two answers to the same question',
    );
  });

  it('detect: answers null for an empty folder', () => {
    const found = create().detect(memoryDirectory());
    assert.equal(found, null, `detect must answer null where nothing speaks for it, found ${inspect(found)}`);
  });

  it('detect: knows its project and says why', () => {
    const found = create().detect(project);
    assert.ok(found, `detect must know the project that the suite was given, found ${inspect(found)}`);
    assert.ok(
      ['specific', 'fallback'].includes(found.strength),
      `strength must be specific or fallback, found ${inspect(found.strength)}`,
    );
    assert.ok(found.reason, `reason must say what speaks for it, found ${inspect(found.reason)}`);
  });

  it('build: names a script, a command or nothing', () => {
    const { script, command, env = {} } = create().build(project);
    if (command) assertCommand(command, 'build');
    const scripts = Object.keys(project.manifest?.scripts ?? {});
    assert.ok(
      script === undefined || scripts.includes(script),
      `script must be one of package.json (${scripts.join(', ') || 'it has none'}), found ${inspect(script)}`,
    );
    assertVariables(env, 'env');
  });

  it('nestedInstall: names a folder of the project, what is added there and how it is left out', () => {
    const { nestedInstall } = create().build(project);
    if (nestedInstall === undefined) return;
    const { dir, adds, skipEnv } = nestedInstall;
    assert.ok(
      isInside(dir),
      `dir must be a path inside of the project, relative to it; found ${inspect(dir)}`,
    );
    assert.ok(
      adds.length > 0 && adds.every((name) => isInside(name) && !/[/\\]/.test(name)),
      `adds must be names in that folder, at least one; found ${inspect(adds)}`,
    );
    assertVariables(skipEnv, 'skipEnv');
    assert.ok(Object.keys(skipEnv).length > 0, 'skipEnv must have a variable, found none');
  });

  it('output: is inside of the project and is there after a build', () => {
    const output = create().output(project);
    if (output === null) return;
    assert.ok(
      isInside(output),
      `output must be a path inside of the project, relative to it; found ${output}`,
    );
    assert.ok(project.has(output), `output must be there after a build, or null; ${output} is not`);
  });

  it('noServer: is given, or null where every build is a server', () => {
    assert.ok(
      noServer !== undefined,
      'the suite was told noServer: undefined; give it a project whose build has left no server, or null where every build is a server',
    );
    if (noServer !== null) return;
    const found = thrownBy(() => create().output(memoryDirectory()));
    const advice =
      found.code === 'OUTPUT_MISSING'
        ? 'give noServer a project whose build has left no server'
        : 'throw a ProjectRunnerError OUTPUT_MISSING where a build has left no server, and give noServer such a project';
    assert.ok(
      'answer' in found,
      `the suite was told noServer: null, found that output throws for an empty folder: ${inspect(found)}; ${advice}`,
    );
  });

  if (noServer) {
    it('output: a build that is no server is OUTPUT_MISSING, with a hint', () => {
      const found = thrownBy(() => create().output(noServer));
      assert.ok(
        found.code === 'OUTPUT_MISSING' && typeof found.hint === 'string' && found.hint !== '',
        `output must throw a ProjectRunnerError OUTPUT_MISSING for noServer, whose hint says which setting to change; found ${inspect(found)}`,
      );
    });
  }

  it('copies: takes what is there after a build to other places of the project', () => {
    const copies = create().copies?.(project) ?? [];
    assert.ok(Array.isArray(copies), `copies must answer a list at once, found ${inspect(copies)}`);
    for (const { from, to } of copies) {
      assert.ok(
        isInside(from) && isInside(to),
        `from and to must be paths inside of the project, relative to it; found ${inspect({ from, to })}`,
      );
      assert.ok(project.has(from), `from must be there after a build; ${from} is not`);
      assert.ok(
        !overlap(from, to),
        `neither of from and to may hold the other, found ${inspect({ from, to })}`,
      );
    }
  });

  it('start: answers a program and arguments', () => {
    assertCommand(create().start(project).command, 'start');
  });

  it('start: never goes through a package manager', () => {
    const { command } = create().start(project);
    assert.ok(
      !isPackageManager(command),
      `start must name the server's own program: a package manager passes no signal on; found ${command.file} ${command.args[0] ?? ''}`,
    );
  });

  it('start: names the working folder, and from the data folder the entry by its absolute path', () => {
    const { cwd, command } = create().start(project);
    assert.ok(['release', 'data'].includes(cwd), `cwd must be release or data, found ${inspect(cwd)}`);
    const output = create().output(project);
    assert.ok(
      cwd === 'release' || output === null || !command.args.includes(output),
      `with cwd data the entry must be absolute, join(release.dir, entry); found ${output}`,
    );
  });

  it('env: tells the port, as a string', () => {
    const env = create().env({ ...address });
    assertVariables(env, 'env');
    assert.ok(
      Object.values(env).includes(String(address.port)),
      `a variable must have the port as its value, found ${inspect(env)}`,
    );
  });

  it('drainSeconds: is within the 30 s that a stop may take', () => {
    const { drainSeconds } = create();
    assert.ok(
      drainSeconds >= 0 && drainSeconds <= maxDrainSeconds,
      `drainSeconds must be from 0 to ${maxDrainSeconds}, found ${drainSeconds}`,
    );
  });

  it('healthPath: starts with a slash', () => {
    const { healthPath = '/' } = create();
    assert.ok(healthPath.startsWith('/'), `healthPath must start with a slash, found ${healthPath}`);
  });

  it('readyMessage: messages that mean something else are null', () => {
    const { readyMessage } = create();
    for (const message of [null, undefined, 42, 'hello', {}, { type: 'log' }, []]) {
      const found = (): unknown => readyMessage?.(message) ?? null;
      assert.doesNotThrow(found, `readyMessage must take any message, it threw at ${inspect(message)}`);
      assert.equal(
        found(),
        null,
        `readyMessage must answer null to ${inspect(message)}, found ${inspect(found())}`,
      );
    }
  });
}

function thrownBy(call: () => unknown): {
  code?: unknown;
  hint?: unknown;
  message?: unknown;
  answer?: unknown;
} {
  try {
    return { answer: call() };
  } catch (error) {
    const { code, hint, message } = error as { code?: unknown; hint?: unknown; message?: unknown };
    return { code, hint, message };
  }
}

function isInside(path: unknown): boolean {
  if (typeof path !== 'string' || path === '') return false;
  return !posix.isAbsolute(path) && !win32.isAbsolute(path) && !path.split(/[/\\]/).includes('..');
}

/** Whether one of two paths is the other, or a folder that the other is in. */
function overlap(one: string, other: string): boolean {
  const [first, second] = [posix.join('/', one, '/'), posix.join('/', other, '/')];
  return first.startsWith(second) || second.startsWith(first);
}

/** bun is a runtime, too: only `bun run` is the package manager. */
function isPackageManager({ file, args }: Command): boolean {
  const name = programName(file);
  return (
    /^(npm|npx|pnpm|pnpx|yarn|yarnpkg|bunx|corepack)$/.test(name) || (name === 'bun' && args[0] === 'run')
  );
}
