import type { ProcessExit, ProcessRef } from '@project-runner/core';

import { bootId } from './boot-id.ts';
import { isSameProcess } from './process-ref.ts';
import { openRunFolder } from './run-folder.ts';

export interface DurableState {
  ref: ProcessRef;
  isAlive: boolean;
  /** `null` while it runs, and where nobody was there to see its end. */
  exit: ProcessExit | null;
}

/** What the folder of a durable process tells, without taking the process over; `null` when none was started in it. */
export function lookAtRun(dir: string): DurableState | null {
  const run = openRunFolder(dir);
  const identity = run.readIdentity();
  if (!identity) return null;
  const ref = { pid: identity.pid, startTime: identity.startTime, bootId: bootId() };
  const exit = run.readExit();
  return { ref, isAlive: exit === null && isSameProcess(ref), exit };
}
