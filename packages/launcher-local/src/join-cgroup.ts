import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { ProcessRef } from '@project-runner/core';

import type { LateCgroup } from './late-cgroup.ts';
import { isSameProcess } from './process-ref.ts';
import { sharedProcTable } from './proc-table.ts';
import { findTree } from './process-tree.ts';

export interface LateJoin {
  id: string;
  shim: ProcessRef;
  group: LateCgroup;
}

const joinDelayMs = 1000;

let waiting: readonly LateJoin[] = [];
const left = new WeakSet<LateJoin>();
let timer: NodeJS.Timeout | null = null;

/**
 * Puts a tree into its group in a second, all of it but the shim. Those that wait share one look at the processes of the
 * machine. The answer leaves it as it is.
 */
export function joinSoon(late: LateJoin): () => void {
  waiting = [...waiting, late];
  timer ??= setTimeout(() => void joinWaiting(), joinDelayMs).unref();
  return () => {
    left.add(late);
  };
}

async function joinWaiting(): Promise<void> {
  const joining = waiting;
  waiting = [];
  timer = null;
  for (const late of joining) {
    try {
      if (!left.has(late)) await joinLate(late);
    } catch {
      // Too many files are open in this process to look at others.
      joinSoon(late);
    }
  }
}

async function joinLate({ id, shim, group }: LateJoin): Promise<void> {
  const tree = findTree(id, shim, sharedProcTable(Number.NEGATIVE_INFINITY)).filter(
    (stat) => stat.pid !== shim.pid,
  );
  const dirs = tree.length > 0 ? group.open() : [];
  // Older ones first: what they start after that is in the group by birth.
  for (const stat of tree.toSorted((a, b) => Number(a.startTime) - Number(b.startTime))) {
    const ref = { ...shim, pid: stat.pid, startTime: stat.startTime };
    for (const dir of dirs) await join(dir, ref);
  }
}

async function join(dir: string, ref: ProcessRef): Promise<void> {
  if (!isSameProcess(ref)) return;
  try {
    await writeFile(path.join(dir, 'cgroup.procs'), String(ref.pid), { flag: 'r+' });
    // Its number was given to a stranger in between.
    if (!isSameProcess(ref)) await writeFile(path.join(dir, '../cgroup.procs'), String(ref.pid));
  } catch {
    // It has ended, or may not be moved: then there is no group to kill it by.
  }
}
