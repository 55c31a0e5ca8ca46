import { readEnvironment } from './marker.ts';
import { isLiving, listPids, readProcFile, readProcStat } from './proc-stat.ts';
import type { ProcStat } from './proc-stat.ts';
import { readProcTable } from './proc-table.ts';
import type { ProcTable } from './proc-table.ts';

/** A look at all processes of the machine, which knows whom it may have missed. */
export interface ProcLook {
  table: ProcTable;
  /**
   * Whether some member of a tree may not be in the table. A process that forks and ends while somebody goes through
   * `/proc` can be missed with its child, again and again; so whoever came meanwhile is looked at, until nobody did.
   * `mayBeMember` also holds for a process of which it cannot be told right now.
   */
  mayHide(mayBeMember: (stat: ProcStat) => boolean): boolean;
}

/** Newborn processes that are looked at before another look at all of them is the better one. */
const maxNewborn = 2000;

/** `since`: markers are read of processes that were started then or later, `null` for all. */
export function lookAtProcesses(since: string | null = null): ProcLook {
  const newest = newestPid();
  const table = readProcTable(since);
  return {
    table,
    mayHide(mayBeMember) {
      const isMember = (pid: number): boolean => {
        const stat = readProcStat(pid);
        return stat !== null && isLiving(stat) && mayBeMember(stat);
      };
      if (listPids().some((pid) => !table.pids.has(pid) && isMember(pid))) return true;
      const isTold = (pid: number): boolean => readEnvironment(pid) !== '';
      if (table.unclear.some(({ pid, isYoung }) => (isYoung || isTold(pid)) && isMember(pid))) return true;
      for (let from = newest, to = newestPid(); to !== from; from = to, to = newestPid()) {
        // Numbers begin anew some day.
        if (to < from || to - newest > maxNewborn) return true;
        for (let pid = from + 1; pid <= to; pid += 1) if (isMember(pid)) return true;
      }
      return false;
    },
  };
}

/** The number that the machine gave to a process or thread last, 0 where that is not told. */
export function newestPid(): number {
  return Number(readProcFile('loadavg')?.trim().split(' ').at(-1)) || 0;
}
