import type { LauncherPlugin, LaunchSpec, ProcessHandle } from '@project-runner/core';
import { afterAll, describe, expect, it } from 'vitest';

import { factoryVariations } from './factory-variations.test-support.ts';
import type { Variation } from './factory-variations.test-support.ts';
import { groupLauncher, hasProc, killLaunched, signalGroup } from './group-launcher.test-support.ts';
import type { LauncherBreaks } from './group-launcher.test-support.ts';
import { checksOf, failuresOf } from './run-suite.test-support.ts';
import type { It } from './suite.ts';
import { testLauncher } from './test-launcher.ts';

const timers: NodeJS.Timeout[] = [];
afterAll(() => {
  timers.forEach(clearInterval);
  killLaunched();
});

const suite =
  (create: () => LauncherPlugin) =>
  (it: It): void =>
    testLauncher(it, { create, wholeTree: hasProc });

const broken = (breaks: LauncherBreaks) => (): LauncherPlugin => groupLauncher(breaks);

/** Another stop, whose calls join; what a check leaves behind is still stopped. */
const stopping = (
  stop: (handle: ProcessHandle, graceMs: number) => Promise<unknown>,
): (() => LauncherPlugin) =>
  broken({
    handle(handle) {
      let stopped: Promise<void> | undefined;
      const begin = async (graceMs: number): Promise<void> => void (await stop(handle, graceMs));
      return {
        stop: ({ graceMs }) => (graceMs === 0 ? handle.stop({ graceMs }) : (stopped ??= begin(graceMs))),
      };
    },
  });

const output = (change: (spec: LaunchSpec) => LaunchSpec['onOutput']): (() => LauncherPlugin) =>
  broken({ spec: (spec) => ({ ...spec, onOutput: change(spec) }) });

const factory = factoryVariations(groupLauncher, 'launch', timers);

const variations: readonly Variation<LauncherPlugin>[] = [
  [
    'launch: the exit code is the one of the process',
    /must be the exit code of the process.*found \{ code: 1, signal: null \}/,
    broken({
      handle: ({ exited }) => ({
        exited: exited.then((exit) => ({ ...exit, code: exit.code === 7 ? 1 : exit.code })),
      }),
    }),
  ],
  [
    'launch: death by a signal has no exit code',
    /no invented code.*found \{ code: 137, signal: 'SIGKILL' \}/,
    broken({
      handle: ({ exited }) => ({ exited: exited.then((exit) => ({ ...exit, code: exit.code ?? 137 })) }),
    }),
  ],
  [
    'launch: exited waits for nobody who holds the pipes',
    /exited must resolve when the first process exits; waited for/,
    broken({ handle: ({ exited, closed }) => ({ exited: closed.then(() => exited) }) }),
  ],
  [
    'exit: null while it runs, then how it ended',
    /must be null while it runs, found \{ code: 0/,
    broken({ handle: ({ exit }) => ({ exit: () => exit() ?? { code: 0, signal: null } }) }),
  ],
  [
    'exit: null while it runs, then how it ended',
    /must be what exited resolved with.*found null/,
    broken({ handle: () => ({ exit: () => null }) }),
  ],
  [
    'launch: all output is handed over before closed',
    /must get all output before closed resolves: 2000 lines, found \d+/,
    output(({ onOutput }) => {
      let size = 0;
      return (stream, chunk, end) => {
        const room = Math.max(0, 4096 - size);
        size += chunk.length;
        return onOutput(stream, chunk.subarray(0, room), end);
      };
    }),
  ],
  [
    'launch: stdout and stderr are told apart',
    /with the stream it came from, found \{ stdout: .*bad.*stderr: '' \}/,
    output(
      ({ onOutput }) =>
        (_, chunk, end) =>
          onOutput('stdout', chunk, end),
    ),
  ],
  [
    'launch: nothing of the environment is inherited',
    /exactly spec\.env, found a variable of the own environment/,
    broken({ spec: (spec) => ({ ...spec, env: { ...process.env, ...spec.env } as Record<string, string> }) }),
  ],
  [
    'launch: the environment given arrives',
    /must give the variables of spec\.env, found 'undefined/,
    broken({ spec: (spec) => ({ ...spec, env: { PATH: spec.env.PATH ?? '' } }) }),
  ],
  [
    'launch: the process runs in the folder given',
    /must start in spec\.cwd, .*; found '\/\\n'/,
    broken({ spec: (spec) => ({ ...spec, cwd: '/' }) }),
  ],
  [
    'launch: arguments arrive as they are, whatever a shell would make of them',
    /as they are, without a shell: \$\(touch x\).*; found `; "a b"/,
    broken({ spec: (spec) => ({ ...spec, args: spec.args.map((arg) => arg.replace('$(touch x)', '')) }) }),
  ],
  [
    'launch: with ipc its messages arrive',
    /with ipc launch must open a channel and call onMessage; waited for/,
    broken({ spec: (spec) => ({ ...spec, ipc: false }) }),
  ],
  [
    'launch: a program that is not there is SPAWN_FAILED',
    /must reject with the code SPAWN_FAILED .*, found 'ENOENT'/,
    broken({ failure: Object.assign(new Error('spawn'), { code: 'ENOENT' }) }),
  ],
  [
    'stop: a process that ignores SIGTERM is gone after the grace',
    /stop must settle: SIGTERM, SIGKILL after the grace, done; waited for/,
    stopping(async ({ ref: { pid }, exited, exit }) => {
      if (!exit()) process.kill(-pid, 'SIGTERM');
      await exited;
      signalGroup(pid, 'SIGKILL');
    }),
  ],
  [
    'stop: SIGTERM comes once, and a second call joins the first',
    /one SIGTERM however often it is called, found \[ 'term 1', 'term 2' \]/,
    broken({
      handle({ ref, stop }) {
        let calls = 0;
        return {
          stop(options) {
            calls += 1;
            if (calls === 2) signalGroup(ref.pid, 'SIGTERM');
            return stop(options);
          },
        };
      },
    }),
  ],
  [
    'stop: SIGTERM comes once, and a second call joins the first',
    /leave the process its grace, found that it ended by SIGKILL/,
    () => {
      let kill = (): void => undefined;
      return groupLauncher({
        handle: ({ ref }) => {
          kill = () => signalGroup(ref.pid, 'SIGKILL');
          return {};
        },
        spec: (spec) => ({
          ...spec,
          onOutput(stream, chunk, end) {
            if (Buffer.from(chunk).includes('term 1')) kill();
            return spec.onOutput(stream, chunk, end);
          },
        }),
      });
    },
  ],
  [
    'stop: after the exit there is nothing to do',
    /must settle without an error when the process is gone[^]*ESRCH/,
    stopping(async ({ ref, stop, exit }, graceMs) => {
      if (exit()) process.kill(-ref.pid, 'SIGTERM');
      await stop({ graceMs });
    }),
  ],
  [
    'stop: SIGTERM comes once to each process of the tree',
    /must send one SIGTERM to each process of the tree; found nothing/,
    stopping(async ({ ref: { pid }, exited, exit, stop }, graceMs) => {
      if (graceMs < 1000) return stop({ graceMs });
      if (!exit()) process.kill(pid, 'SIGTERM');
      await exited;
      return signalGroup(pid, 'SIGKILL');
    }),
  ],
  [
    'stop: a child that ignores SIGTERM is gone after the grace',
    /must end each process of the tree, found a child of the process alive/,
    stopping(async ({ ref: { pid }, exited }, graceMs) => {
      signalGroup(pid, 'SIGTERM');
      const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    }),
  ],
  [
    'usage: memory while it runs, of the whole tree',
    /must sum up the memory of the process and of those it started.*found \{ memoryBytes: 50000000/,
    broken({
      handle: ({ usage }) => ({
        usage: async () => (await usage()) && { memoryBytes: 50_000_000, cpuPercent: 0 },
      }),
    }),
  ],
  [
    'usage: null when the tree is gone',
    /must be null when the tree is gone, found \{ memoryBytes: 0/,
    broken({
      handle: ({ usage }) => ({ usage: async () => (await usage()) ?? { memoryBytes: 0, cpuPercent: 0 } }),
    }),
  ],
  [
    'listening: the ports of the tree, or null where the platform does not tell',
    /must name port \d+, or be null where that cannot be known; found \[\]/,
    broken({ handle: () => ({ listening: () => Promise.resolve([]) }) }),
  ],
];

/** Without `/proc` neither the suite nor the launcher of this file looks at trees. */
const possible = variations.filter(([check]) => hasProc || !/tree|child/.test(check));

describe('testLauncher', () => {
  it('passes a correct plugin', async () => {
    expect(await failuresOf(suite(groupLauncher))).toEqual([]);
  });

  it('has a broken plugin for each check', () => {
    const names = checksOf(suite(groupLauncher)).map(({ name }) => name);
    expect(names.filter((name) => ![...factory, ...variations].some(([check]) => check === name))).toEqual(
      [],
    );
  });

  it.each(factory)('finds with "%s" what should read %s', async (check, message, create) => {
    // Every other check starts processes, which these changes do not touch; other suites show that.
    const checks = (it: It): void =>
      suite(create)((name, fn) => (name.startsWith('factory:') ? it(name, fn) : undefined));
    expect(await failuresOf(checks)).toEqual([{ check, message: expect.stringMatching(message) }]);
  });

  it.concurrent.each(possible)('finds with "%s" what should read %s', async (check, message, create) => {
    expect(await failuresOf(suite(create))).toEqual([{ check, message: expect.stringMatching(message) }]);
  });
});
