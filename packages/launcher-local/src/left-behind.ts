import { uptime } from 'node:os';

import type { ProcessRef } from '@project-runner/core';

import type { Cgroup } from './cgroup.ts';
import { hasProc } from './has-proc.ts';
import { mayCarry } from './marker.ts';
import { newestPid } from './proc-look.ts';
import { isLiving, readProcStat } from './proc-stat.ts';
import type { ProcStat } from './proc-stat.ts';
import { findTree } from './process-tree.ts';
import { startMs } from './proc-table.ts';

/** A tree that is younger has only processes with numbers above its leader's: they do not begin anew so soon. */
const youngMs = 2000;
/** More of them than this are better looked for in one pass. */
const maxNumbers = 200;

/**
 * Whether processes of a tree may live on after its first one has ended. Of a tree that lived for moments, only the numbers
 * given since its leader's can be of it: some files instead of all of `/proc`. Where it cannot be told the answer is yes.
 */
export function mayHaveLeftBehind(id: string, leader: ProcessRef, cgroup: Cgroup | null): boolean {
  if (!hasProc || (cgroup?.members().length ?? 0) > 0) return true;
  const newest = newestPid();
  if (!isYoung(leader) || newest < leader.pid || newest - leader.pid > maxNumbers) {
    return findTree(id, leader).length > 0;
  }
  for (let pid = leader.pid + 1; pid <= newest; pid += 1) {
    const stat = readProcStat(pid);
    if (stat && isLiving(stat) && isOf(stat, leader.pid, id)) return true;
  }
  return false;
}

function isYoung({ startTime }: ProcessRef): boolean {
  return uptime() * 1000 - startMs({ startTime: startTime ?? '' }) < youngMs;
}

function isOf({ pid, group, session }: ProcStat, leader: number, id: string): boolean {
  return group === leader || session === leader || mayCarry(pid, id);
}
