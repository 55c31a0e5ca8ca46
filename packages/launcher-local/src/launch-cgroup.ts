import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { LaunchSpec, ProcessRef } from '@project-runner/core';

import { findCgroupBases } from './cgroup-bases.ts';
import type { Cgroup } from './cgroup.ts';
import { makeCgroup } from './make-cgroup.ts';
import { isSameProcess } from './process-ref.ts';
import { sharedProcTable } from './proc-table.ts';
import { findTree } from './process-tree.ts';
import type { RunFolder } from './run-folder.ts';

export interface LaunchCgroup {
  /** `null` where none can be made. */
  group: Cgroup | null;
  /** Folders that the process is to join before its program starts. */
  joins: readonly string[];
  /** To be called as soon as there is the process. */
  started(shim: ProcessRef): void;
}

/** The control group of a process that is about to be started, told in its folder for whoever comes after this runner. */
export function prepareCgroup(spec: LaunchSpec, run: RunFolder): LaunchCgroup {
  const group = makeCgroup(spec.id, spec.limits ?? {}, findCgroupBases());
  if (!group) return { group, joins: [], started: () => undefined };
  try {
    run.writeCgroup(JSON.stringify(group.parts));
  } catch {
    // A full disk. The next runner will not know of the group, and some later one removes it.
  }
  const dirs = group.parts.map((part) => part.dir);
  const isLimited = group.parts.some((part) => part.limits.length > 0);
  return {
    group,
    joins: isLimited ? dirs : [],
    started: (shim) => {
      if (!isLimited) joinSoon({ dirs, id: spec.id, shim });
    },
  };
}

/**
 * To join waits for all CPUs of the machine, 10 to 20 ms in which no thread is made: too much for a start that has no
 * limit to keep. Such a tree is put into its group when it has come up.
 */
const joinDelayMs = 1000;

interface LateJoin {
  dirs: readonly string[];
  id: string;
  shim: ProcessRef;
}

let waiting: LateJoin[] = [];

/** Those that wait share one look at the processes of the machine. */
function joinSoon(late: LateJoin): void {
  waiting.push(late);
  if (waiting.length > 1) return;
  setTimeout(() => void joinWaiting(), joinDelayMs).unref();
}

async function joinWaiting(): Promise<void> {
  const joining = waiting;
  waiting = [];
  for (const late of joining) {
    try {
      await joinLate(late);
    } catch {
      // Too many files are open in this process to look at others.
      joinSoon(late);
    }
  }
}

async function joinLate({ dirs, id, shim }: LateJoin): Promise<void> {
  const tree = findTree(id, shim, sharedProcTable(Number.NEGATIVE_INFINITY));
  // Older ones first: what they start after that is in the group by birth.
  for (const stat of tree.toSorted((a, b) => Number(a.startTime) - Number(b.startTime))) {
    if (stat.pid === shim.pid) continue;
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
