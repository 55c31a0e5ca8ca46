import type { AdoptRequest, LauncherPlugin, LogStreamName, ProcessHandle } from '@project-runner/core';

import type { Variation } from './factory-variations.test-support.ts';
import { groupLauncher, signalGroup } from './group-launcher.test-support.ts';
import type { LauncherBreaks } from './group-launcher.test-support.ts';

export const durable = (breaks: LauncherBreaks) => (): LauncherPlugin =>
  groupLauncher({ ...breaks, durable: true });

const goesOn = 'adopt: the process goes on, found by its folder alone';
const noTrace = 'adopt: null where there is no trace';
const leftOff = 'adopt: output goes on where it was left, nothing doubled or missing';
const meanwhile = 'adopt: one that ended meanwhile has its exit code and the rest of its output';
const lastWords = 'stop: an adopted process has its grace and its last words';
const letGo = 'detach: the process lives on, and no callback comes any more';
const released = 'release: gives up nothing but what it names';

/** Of the check whose process prints hundreds of lines. */
const isLong = ({ from }: AdoptRequest): boolean => from.stdout > 100;

/** Reads on elsewhere, as if nothing else were known. */
const readsFrom = (bytes: number): (() => LauncherPlugin) =>
  durable({
    request: (request) => {
      const { from, onOutput } = request;
      if (!isLong(request)) return request;
      const place = { ...from, stdout: from.stdout + bytes };
      return {
        ...request,
        from: place,
        onOutput: (stream, chunk, end) => onOutput(stream, chunk, stream === 'stdout' ? end - bytes : end),
      };
    },
  });

/** Launchers whose processes do not outlive a handle as they must. */
export const durableVariations: readonly Variation<LauncherPlugin>[] = [
  [
    goesOn,
    /must answer the process itself, pid \d+; found \{ pid: \d+/,
    durable({ adopted: ({ ref }) => ({ ref: { ...ref, pid: ref.pid + 1 } }) }),
  ],
  [
    goesOn,
    /exit\(\) must be null while it runs, found \{ code: 0/,
    durable({ adopted: ({ exit }) => ({ exit: () => exit() ?? { code: 0, signal: null } }) }),
  ],
  [
    goesOn,
    /must find by its folder the process that was launched with it, found no trace/,
    () => {
      const good = durable({})();
      return {
        ...good,
        adopt: async (request) => (request.ref ? ((await good.adopt?.(request)) ?? null) : null),
      };
    },
  ],
  [
    noTrace,
    /must answer null for neither a folder nor an identity, found Error: ENOENT/,
    durable({
      untraced: () => {
        throw new Error('ENOENT');
      },
    }),
  ],
  [
    noTrace,
    /must answer null for an identity whose pid is that of somebody else, found \{\}/,
    // Nothing in it: no check may stop who is no process of its own.
    durable({ untraced: ({ ref, dir }) => (ref && dir === undefined ? ({} as ProcessHandle) : null) }),
  ],
  [leftOff, /nothing doubled or missing: of stdout 'line ✓ \d+' must come, found/, readsFrom(9)],
  [leftOff, /nothing doubled or missing: of stdout 'line ✓ \d+' must come, found/, readsFrom(-9)],
  [
    leftOff,
    /end must count on from what was taken over; found \d+ instead of \d+ of/,
    durable({
      request: (request) => {
        const { from, onOutput } = request;
        if (!isLong(request)) return request;
        return {
          ...request,
          onOutput: (stream, chunk, end) => onOutput(stream, chunk, end - from[stream]),
        };
      },
    }),
  ],
  [
    meanwhile,
    /must be how the process ended while nobody was there.*found \{ code: null, signal: null \}/,
    durable({
      adopted: ({ exited }) => ({
        exited: exited.then((exit) => ({ ...exit, code: exit.code === 7 ? null : exit.code })),
      }),
    }),
  ],
  [
    meanwhile,
    /exit\(\) must be what exited resolved with.*found null/,
    durable({ adopted: () => ({ exit: () => null }) }),
  ],
  [
    meanwhile,
    /must hand over what a process printed while nobody was there; found \[ '', '' \]/,
    durable({
      request: ({ onOutput, ...request }) => ({
        ...request,
        onOutput: (stream, chunk, end) =>
          /last words|and why/.test(Buffer.from(chunk).toString()) ? undefined : onOutput(stream, chunk, end),
      }),
    }),
  ],
  [
    'adopt: from may be any byte that was not released',
    /must read on at byte 0 of stdout, whatever was handed over before: .*found <Buffer 6f 75 74>/,
    durable({
      request: ({ from, ...request }, { exit }) => {
        // Past a character, where the last reader could have stopped.
        const stdout = exit()?.code === 0 ? Math.max(4, from.stdout) : from.stdout;
        return { ...request, from: { ...from, stdout } };
      },
    }),
  ],
  [
    lastWords,
    /must leave an adopted process its grace.*found \{ code: null, signal: 'SIGKILL' \}/,
    durable({
      adopted: ({ ref, stop }) => ({
        stop: (options) => {
          signalGroup(ref.pid, 'SIGKILL');
          return stop(options);
        },
      }),
    }),
  ],
  [
    lastWords,
    /must get the last words of an adopted process, found ''/,
    durable({
      request: ({ onOutput, ...request }) => ({
        ...request,
        onOutput: (stream, chunk, end) =>
          Buffer.from(chunk).includes('bye') ? undefined : onOutput(stream, chunk, end),
      }),
    }),
  ],
  [
    'stop: the tree of an adopted process is gone',
    /must end each process of the tree, found a child of the process alive/,
    durable({
      adopted: ({ ref, exited, stop }) => ({
        stop: async (options) => {
          if (options.graceMs !== 100) return stop(options);
          process.kill(ref.pid, 'SIGTERM');
          return void (await exited);
        },
      }),
    }),
  ],
  [
    letGo,
    /no callback may come after detach.*found 'before;after;'/,
    durable({ handle: () => ({ detach: () => undefined }) }),
  ],
  [
    letGo,
    /the process must run on, found that it is gone/,
    durable({
      handle: ({ ref, detach }, { output, exit }) => ({
        detach() {
          detach?.();
          if (output.bytes.stdout.includes('before;') && !exit()) process.kill(ref.pid, 'SIGTERM');
        },
      }),
    }),
  ],
  [
    'closed: waits for the promise of the last onOutput',
    /must wait until all output was taken, found a promise of onOutput pending/,
    durable({
      spec: (spec) => ({
        ...spec,
        onOutput: (...given) => void spec.onOutput(...given),
      }),
    }),
  ],
  [
    'readOutput: answers kept output again',
    /the bytes from start to end of its stream.*found \[ '✓ t', 'other' \]/,
    durable({ adopted: (handle) => ({ readOutput: inCharacters(handle) }) }),
  ],
  [
    released,
    /what comes after the end of release must be there for adopt.*found '(\\x00)+new;'/,
    durable({ handle: (_, { output }) => ({ release: (stream) => void output.bytes[stream].fill(0) }) }),
  ],
  [
    released,
    /must read as zeros and move nothing, found 'still'/,
    durable({
      adopted: ({ readOutput }) => ({
        readOutput: (...range) => readOutput?.(...range).filter((byte) => byte !== 0) ?? new Uint8Array(),
      }),
    }),
  ],
  [
    'environment: what it was started with, or null',
    /must be exactly spec\.env, or null when that is not known any more; found \{/,
    durable({ adopted: () => ({ environment: () => ({ PATH: '/bin' }) }) }),
  ],
];

function inCharacters({ readOutput }: ProcessHandle) {
  return (stream: LogStreamName, start: number, end: number): Uint8Array => {
    const text = Buffer.from(readOutput?.(stream, 0, 1000) ?? []).toString();
    return Buffer.from(text.slice(start, end));
  };
}
