import { setTimeout as delay } from 'node:timers/promises';

import type { ProcessExit, ProcessRef } from '@project-runner/core';

import { cannotTell } from './cannot-tell.ts';
import { createFileWaker } from './file-waker.ts';
import { isSameProcess } from './process-ref.ts';

export interface WatchExitOptions {
  ref: ProcessRef;
  /** Writes the code right after the end of its child; `null` where there is none. */
  shim: ProcessRef | null;
  /** Changes when the process ends, so that nobody needs to look often. */
  exitFile: string | null;
  readExit(): ProcessExit | null;
  signal: AbortSignal;
}

/** With a file that tells, looking is only for a shim that was killed. */
const lookEveryMs = { told: 2000, untold: 100 };
const codePatienceMs = 1000;

/** Waits for the end of a process that is not our child. It never resolves once `signal` aborts. */
export async function watchExit(options: WatchExitOptions): Promise<ProcessExit> {
  const { shim, exitFile, signal } = options;
  const readExit = (): ProcessExit | null => orElse(options.readExit, null);
  for (;;) {
    const seen = look(options);
    if (seen === 'gone') return lastWords(shim, readExit);
    if (seen !== 'there') return seen;
    const changed = Promise.withResolvers<void>();
    const waker = exitFile === null ? null : createFileWaker(exitFile, changed.resolve);
    waker?.arm();
    const pause = exitFile === null ? lookEveryMs.untold : lookEveryMs.told;
    // Written between the look and the watch.
    if (readExit() === null) {
      await Promise.race([
        delay(pause, undefined, { ref: false, signal }).catch(() => undefined),
        changed.promise,
      ]);
    }
    waker?.close();
    if (signal.aborted) return new Promise(() => undefined);
  }
}

function look({ ref, readExit }: WatchExitOptions): ProcessExit | 'there' | 'gone' {
  return orElse(() => readExit() ?? (isSameProcess(ref) ? 'there' : 'gone'), 'there');
}

/** Where this process cannot open files right now, nothing is known: it is looked again. */
function orElse<Result>(read: () => Result, unknown: Result): Result {
  try {
    return read();
  } catch (error) {
    if (cannotTell(error)) return unknown;
    throw error;
  }
}

async function lastWords(shim: ProcessRef | null, readExit: () => ProcessExit | null): Promise<ProcessExit> {
  const end = performance.now() + codePatienceMs;
  for (;;) {
    // In this order: it may write and end in between.
    const willTell = shim !== null && orElse(() => isSameProcess(shim), true) && performance.now() < end;
    const exit = readExit();
    if (exit) return exit;
    if (!willTell) return { code: null, signal: null };
    await delay(2);
  }
}
