import { setTimeout as delay } from 'node:timers/promises';

import type { ProcessExit, ProcessHandle, ProcessRef } from '@project-runner/core';

import { treeHandle } from './create-handle.ts';
import { isLiving, readProcStat } from './proc-stat.ts';

/** Nobody tells the exit of a process that is not our child, so it is looked for. */
const lookEveryMs = 100;

/**
 * The handle of a process that an earlier runner started. How it ends is not known: only its parent is told, so the
 * exit has neither code nor signal. Its output went with the pipes of that runner.
 */
export function adoptedHandle(ref: ProcessRef, id: string): ProcessHandle {
  let ended: ProcessExit | null = null;
  const exited = (async (): Promise<ProcessExit> => {
    while (isSame(ref)) await delay(lookEveryMs, undefined, { ref: false });
    ended = { code: null, signal: null };
    return ended;
  })();
  return {
    ...treeHandle(ref, id, exited),
    closed: exited.then(() => undefined),
    exit: () => ended,
  };
}

function isSame(ref: ProcessRef): boolean {
  const stat = readProcStat(ref.pid);
  return stat !== null && isLiving(stat) && stat.startTime === ref.startTime;
}
