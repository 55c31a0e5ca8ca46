import { closeSync, openSync, readSync } from 'node:fs';

import { parseProcStat, readProcStat } from './proc-stat.ts';
import type { ProcStat } from './proc-stat.ts';

/**
 * Files of `/proc/<pid>/stat` that stay open while somebody samples: opening one costs twice what reading it does. Such a
 * file belongs to its process, so whoever gets the same number later is never read by it.
 */
const files = new Map<number, number>();

/** Far below what a process may have open. */
const maxFiles = 512;
/** After so long without a look they are closed. */
const idleMs = 10_000;

const scratch = Buffer.allocUnsafeSlow(2048);
let idle: NodeJS.Timeout | undefined;

/** As `readProcStat`. */
export function readKeptStat(pid: number): ProcStat | null {
  const file = files.get(pid);
  if (file === undefined) return readProcStat(pid);
  try {
    return parseProcStat(scratch.toString('utf8', 0, readSync(file, scratch, 0, scratch.length, 0)));
  } catch {
    // It is gone, and its number may be somebody else's.
    close(pid);
    return readProcStat(pid);
  }
}

/** These, and no others, are worth it. */
export function keepStats(pids: ReadonlySet<number>): void {
  for (const pid of files.keys()) if (!pids.has(pid)) close(pid);
  for (const pid of pids) if (!files.has(pid) && files.size < maxFiles) open(pid);
  clearTimeout(idle);
  if (files.size > 0) idle = setTimeout(() => keepStats(new Set()), idleMs).unref();
}

function open(pid: number): void {
  try {
    files.set(pid, openSync(`/proc/${pid}/stat`, 'r'));
  } catch {
    // It is gone, or this process has too many files open: then it is opened for each look.
  }
}

function close(pid: number): void {
  const file = files.get(pid);
  files.delete(pid);
  if (file !== undefined) closeSync(file);
}
