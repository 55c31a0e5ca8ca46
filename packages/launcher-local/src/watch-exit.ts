import { setTimeout as delay } from 'node:timers/promises';

import type { ProcessExit, ProcessRef } from '@project-runner/core';

import { createFileWaker } from './file-waker.ts';
import { hasProc } from './has-proc.ts';
import { isProcessAlive, isSameProcess, isStillSame } from './process-ref.ts';

export interface WatchExitOptions {
  ref: ProcessRef;
  /** Writes the code right after the end of its child; `null` where there is none. */
  shim: ProcessRef | null;
  /** Changes when the process ends, so that nobody needs to look often. */
  exitFile: string | null;
  readExit(): ProcessExit | null;
  signal: AbortSignal;
}

/** With a file that tells, looking is only for a shim that was killed. Without `/proc` a look is a process. */
const lookEveryMs = { told: 2000, untold: hasProc ? 100 : 1000 };
const codePatienceMs = 1000;

/** Waits for the end of a process that is not our child. It never resolves once `signal` aborts. */
export async function watchExit(options: WatchExitOptions): Promise<ProcessExit> {
  const { shim, exitFile, signal } = options;
  const readExit = (): ProcessExit | null => {
    try {
      return options.readExit();
    } catch {
      return null;
    }
  };
  for (;;) {
    const seen = await look(options);
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

/** Where nothing can be told right now, it is looked again. */
async function look({ ref, readExit }: WatchExitOptions): Promise<ProcessExit | 'there' | 'gone'> {
  try {
    return readExit() ?? ((await isStillSame(ref)) ? 'there' : 'gone');
  } catch {
    return 'there';
  }
}

async function lastWords(shim: ProcessRef | null, readExit: () => ProcessExit | null): Promise<ProcessExit> {
  const end = performance.now() + codePatienceMs;
  for (;;) {
    // In this order: it may write and end in between.
    const willTell = shim !== null && mayTell(shim) && performance.now() < end;
    const exit = readExit();
    if (exit) return exit;
    if (!willTell) return { code: null, signal: null };
    await delay(2);
  }
}

/** Nothing worse than a wait comes of a number that was given away. */
function mayTell(shim: ProcessRef): boolean {
  try {
    return hasProc ? isSameProcess(shim) : isProcessAlive(shim.pid);
  } catch {
    return true;
  }
}
