import { uptime } from 'node:os';

import { isLiving, readAllProcStats, readProcFile, readProcStat } from './proc-stat.ts';
import type { ProcStat } from './proc-stat.ts';
import { startMs } from './proc-table.ts';

/** Who was born longer ago was there for the look before. */
const youngMs = 2000;
/** Newborn processes that are looked at before another look at all of them is the better one. */
const maxNewborn = 2000;

/**
 * Whether a look that found no member of a tree may have missed one. A process that forks and ends while somebody goes
 * through `/proc` can be missed with its child, again and again; so whoever was born meanwhile is looked at, until nobody
 * was. `mayBeMember` also holds for a process of which it cannot be told right now.
 */
export function mayHideMembers(mayBeMember: (stat: ProcStat) => boolean): boolean {
  const newest = newestPid();
  const now = uptime() * 1000;
  const young = readAllProcStats().filter((stat) => now - startMs(stat) < youngMs);
  if (young.some(mayBeMember)) return true;
  for (let from = newest, to = newestPid(); to !== from; from = to, to = newestPid()) {
    // Numbers begin anew some day.
    if (to < from || to - newest > maxNewborn) return true;
    for (let pid = from + 1; pid <= to; pid += 1) {
      const stat = readProcStat(pid);
      if (stat && isLiving(stat) && mayBeMember(stat)) return true;
    }
  }
  return false;
}

/** The number that the machine gave to a process or thread last, 0 where that is not told. */
function newestPid(): number {
  return Number(readProcFile('loadavg')?.trim().split(' ').at(-1)) || 0;
}
