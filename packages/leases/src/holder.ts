import { processStart } from './process-start.ts';
import type { ProcessStart } from './process-start.ts';

/** A process beyond doubt: its pid may be given to somebody else, its start time and boot not. */
export interface Holder {
  pid: number;
  startTime: string | null;
  bootId: string | null;
}

const platform = processStart();
let self: Holder | undefined;

export function thisProcess(): Holder {
  self ??= { pid: process.pid, startTime: platform.startTime(process.pid), bootId: platform.bootId() };
  return self;
}

/** @throws Error where that cannot be told right now */
export function holderIsAlive(holder: Holder, start: ProcessStart = platform): boolean {
  const { pid, startTime, bootId } = holder;
  const me = thisProcess();
  if (bootId !== null && bootId !== me.bootId) return false;
  // Where a look is a process, most of them are not needed.
  if (pid === me.pid && start === platform) return startTime === me.startTime;
  if (!(pid > 0) || !isThere(pid)) return false;
  return startTime === null || start.startTime(pid) === startTime;
}

/** A zombie is, too. */
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
