import type { ProcessRef } from '@project-runner/core';

import type { ProcStat } from './proc-stat.ts';
import { readProcTable } from './proc-table.ts';
import type { ProcTable } from './proc-table.ts';

/** The start time of a leader that was gone already when its tree was taken over. */
export const goneStartTime = 'gone';

/**
 * The living processes of a tree: those that carry the marker, those in the root's group or session (a child may wipe
 * its environment) and all their descendants. Linux only. Without a table it looks anew.
 */
export function findTree(id: string, root: ProcessRef, table: ProcTable = readProcTable()): ProcStat[] {
  const members = new Set<ProcStat>();
  const found = [...(table.marked.get(id) ?? []), ...around(root, table)].filter(
    (stat) => stat.pid !== process.pid,
  );
  for (let stat = found.pop(); stat; stat = found.pop()) {
    if (members.has(stat)) continue;
    members.add(stat);
    found.push(...(table.children.get(stat.pid) ?? []));
  }
  return [...members];
}

function around({ pid, startTime }: ProcessRef, table: ProcTable): ProcStat[] {
  const holder = table.byPid.get(pid);
  // Our number was given to a stranger after our root was gone: group and session of that number are the stranger's.
  if (holder && startTime !== null && holder.startTime !== startTime) return [];
  // Of a leader that was gone before we came, nobody can say whose its number is: the marker has to do.
  if (startTime === goneStartTime) return [];
  const others = [...(table.groups.get(pid) ?? []), ...(table.sessions.get(pid) ?? [])];
  return holder ? [holder, ...others] : others;
}
