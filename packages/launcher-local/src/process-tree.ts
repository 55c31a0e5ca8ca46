import type { ProcessRef } from '@project-runner/core';

import { readAllProcStats, readProcFile } from './proc-stat.ts';
import type { ProcStat } from './proc-stat.ts';

/** Marks every process of a tree: the environment is inherited over setsid, double forks and re-parenting. */
export const markerVariable = 'PROJECT_RUNNER_ID';

/**
 * The living processes of a tree: those that carry the marker, those in the root's group or session (a child may wipe
 * its environment) and all their descendants. Linux only.
 */
export function findTree(id: string, root: ProcessRef): ProcStat[] {
  const all = readAllProcStats();
  const marker = `${markerVariable}=${id}`;
  const holder = all.find((stat) => stat.pid === root.pid);
  // Our number was given to a stranger after our root was gone: group and session of that number are the stranger's.
  const reused = holder !== undefined && root.startTime !== null && holder.startTime !== root.startTime;
  const ours = (stat: ProcStat): boolean =>
    stat.pid !== process.pid && ((!reused && within(stat, root.pid)) || carries(stat.pid, marker));
  const members = new Set(all.filter(ours).map((stat) => stat.pid));
  for (let grown = members.size > 0; grown;) {
    grown = false;
    for (const stat of all) {
      if (!members.has(stat.pid) && members.has(stat.parent)) {
        members.add(stat.pid);
        grown = true;
      }
    }
  }
  return all.filter((stat) => members.has(stat.pid));
}

function within(stat: ProcStat, rootPid: number): boolean {
  return stat.pid === rootPid || stat.group === rootPid || stat.session === rootPid;
}

/** Whether a process has a variable of exactly this value in its environment. */
export function carries(pid: number, marker: string): boolean {
  const environment = readProcFile(pid, 'environ');
  return environment !== null && `\0${environment}`.includes(`\0${marker}\0`);
}
