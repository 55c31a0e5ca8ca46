import type { ProcessRef } from '@project-runner/core';

import { bootId } from './boot-id.ts';
import { hasProc } from './has-proc.ts';
import { isLiving, readProcStat } from './proc-stat.ts';
import type { ProcStat } from './proc-stat.ts';
import { readPsStat, sharedPsTable } from './ps.ts';

/**
 * Names the process of a pid beyond doubt, as far as the platform can.
 * @throws Error of the file system where this process cannot open files right now; so do the others here
 */
export function readProcessRef(pid: number): ProcessRef {
  return { pid, startTime: readStat(pid)?.startTime ?? null, bootId: bootId() };
}

/** What the platform tells of one process; `null` when it is gone, and on Windows. */
export function readStat(pid: number): ProcStat | null {
  if (hasProc) return readProcStat(pid);
  return process.platform === 'win32' ? null : readPsStat(pid);
}

/** Whether a pid is a living process; a zombie is not, though `kill(pid, 0)`, which has to do elsewhere, says so. */
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

/** Whether the very process is still alive: same pid, same start time, same boot. Without a start time nobody can say. */
export function isSameProcess(ref: ProcessRef): boolean {
  if (!mayBeThere(ref)) return false;
  return isItself(readStat(ref.pid), ref);
}

/** The same for those who look again and again: where each look is a process, they share it. */
export async function isStillSame(ref: ProcessRef): Promise<boolean> {
  if (hasProc || process.platform === 'win32') return isSameProcess(ref);
  if (!mayBeThere(ref)) return false;
  const { byPid } = await sharedPsTable();
  // Who is not in a table that others asked for may have come after it.
  return isItself(byPid.get(ref.pid) ?? null, ref) || isSameProcess(ref);
}

/** Costs next to nothing. */
function mayBeThere(ref: ProcessRef): boolean {
  if (ref.startTime === null || (ref.bootId !== null && ref.bootId !== bootId())) return false;
  return hasProc || isProcessAlive(ref.pid);
}

function isItself(stat: ProcStat | null, { startTime }: ProcessRef): boolean {
  return stat !== null && isLiving(stat) && stat.startTime === startTime;
}
