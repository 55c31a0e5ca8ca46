import type { ProcessRef } from '@project-runner/core';

import { hasProc } from './has-proc.ts';
import { isLiving, readProcFile, readProcStat } from './proc-stat.ts';

/**
 * Names the process of a pid beyond doubt, as far as the platform can.
 * @throws Error of the file system where this process cannot open files right now; so does `isSameProcess`
 */
export function readProcessRef(pid: number): ProcessRef {
  const startTime = hasProc ? (readProcStat(pid)?.startTime ?? null) : null;
  return { pid, startTime, bootId: bootId() };
}

/** Whether a pid is a living process; a zombie is not, though `kill(pid, 0)` says so. */
export function isProcessAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    if (hasProc) {
      const stat = readProcStat(pid);
      return stat !== null && isLiving(stat);
    }
  } catch {
    // Its file cannot be opened right now, which does not mean that it is gone.
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

let boot: string | null | undefined;

/** Only Linux has one. Read once: every look at an adopted process asks for it. */
export function bootId(): string | null {
  if (boot === undefined) boot = readProcFile('sys/kernel/random/boot_id')?.trim() ?? null;
  return boot;
}

/** Whether the very process is still alive: same pid, and where the platform tells, same start time and boot. */
export function isSameProcess(ref: ProcessRef): boolean {
  if (ref.bootId !== null && ref.bootId !== bootId()) return false;
  if (ref.startTime === null) return isProcessAlive(ref.pid);
  const stat = hasProc ? readProcStat(ref.pid) : null;
  return stat !== null && isLiving(stat) && stat.startTime === ref.startTime;
}
