import { existsSync } from 'node:fs';

import type { LauncherPlugin, LaunchSpec, LogStreamName } from '@project-runner/core';

import type { Variation } from './factory-variations.test-support.ts';
import { groupLauncher } from './group-launcher.test-support.ts';
import type { LauncherBreaks } from './group-launcher.test-support.ts';

/** A launcher with one thing done differently. */
export const broken = (breaks: LauncherBreaks) => (): LauncherPlugin => groupLauncher(breaks);

const output = (change: (spec: LaunchSpec) => LaunchSpec['onOutput']): (() => LauncherPlugin) =>
  broken({ spec: (spec) => ({ ...spec, onOutput: change(spec) }) });

/** Launchers that start, watch and read in a wrong way. */
export const launchVariations: readonly Variation<LauncherPlugin>[] = [
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
    'launch: descriptors of inherit arrive as 3 and 4',
    /it wrote "first" and "second", found \[ '', '' \]/,
    broken({ spec: (spec) => ({ ...spec, inherit: [] }) }),
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
    'onOutput: all output is handed over before closed',
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
    'onOutput: stdout and stderr are told apart',
    /with the stream it came from, found \{ stdout: .*bad.*stderr: '' \}/,
    output(
      ({ onOutput }) =>
        (stream, chunk, end) =>
          onOutput(Buffer.from(chunk).includes('bad') ? 'stdout' : stream, chunk, end),
    ),
  ],
  [
    'onOutput: end counts the bytes of each stream',
    /bytes of its stream so far, with the chunk; found 22 instead of 11 of stderr/,
    output(({ onOutput }) => {
      let end = 0;
      return (stream, chunk) => onOutput(stream, chunk, (end += chunk.length));
    }),
  ],
  [
    'onOutput: end counts the bytes of each stream',
    /bytes of its stream so far, with the chunk; found 9 instead of 11 of stdout/,
    output(({ onOutput }) => {
      const ends = { stdout: 0, stderr: 0 };
      return (stream, chunk) =>
        onOutput(stream, chunk, (ends[stream] += Buffer.from(chunk).toString().length));
    }),
  ],
  [
    'onOutput: a chunk is not changed once it was handed over',
    /a chunk is the receiver's: 'first' became 'other' after it was handed over/,
    output(({ onOutput }) => {
      const reused = Buffer.alloc(65_536);
      return (stream, chunk, end) => {
        reused.set(chunk);
        return onOutput(stream, reused.subarray(0, chunk.length), end);
      };
    }),
  ],
  [
    'onOutput: its promise is waited for before more of stdout',
    /must not be called again for a stream before its promise has settled, found 2 calls/,
    output(impatient('stdout')),
  ],
  [
    'onOutput: its promise is waited for before more of stderr',
    /must not be called again for a stream before its promise has settled, found 2 calls/,
    output(impatient('stderr')),
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
    'launch: stdin is the file that was named',
    /must open spec\.stdin, found '' in it/,
    broken({ spec: (spec) => without('stdin', spec) }),
  ],
  [
    'launch: makes the claim before the program starts',
    /must make spec\.claim before the program starts, found 'false\\n'/,
    broken({ spec: (spec) => (existsSync(spec.claim ?? '') ? spec : without('claim', spec)) }),
  ],
  [
    'launch: starts nothing where the claim is taken',
    /must not start a program whose spec\.claim is there/,
    broken({ spec: (spec) => (existsSync(spec.claim ?? '') ? without('claim', spec) : spec) }),
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

function impatient(of: LogStreamName): (spec: LaunchSpec) => LaunchSpec['onOutput'] {
  return ({ onOutput }) =>
    (stream, chunk, end) => {
      const taken = onOutput(stream, chunk, end);
      return stream === of ? undefined : taken;
    };
}

function without(key: 'stdin' | 'claim', spec: LaunchSpec): LaunchSpec {
  const { [key]: _, ...rest } = spec;
  return rest;
}
