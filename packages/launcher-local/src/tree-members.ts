import type { ProcessRef } from '@project-runner/core';

import type { Cgroup } from './cgroup.ts';
import { mayCarry } from './marker.ts';
import { lookAtProcesses } from './proc-look.ts';
import type { ProcLook } from './proc-look.ts';
import { isLiving, readProcStat } from './proc-stat.ts';
import type { ProcStat } from './proc-stat.ts';
import { readProcTable } from './proc-table.ts';
import type { ProcTable } from './proc-table.ts';
import { isProcessAlive, readStat } from './process-ref.ts';
import { findTree, goneStartTime } from './process-tree.ts';
import { readPsTable } from './ps.ts';

export interface Tree {
  id: string;
  /** The process that was asked for. */
  ref: ProcessRef;
  /** That process, or its shim. Leads the session and the group of the tree. */
  leader: ProcessRef;
  /** Has those, too, that left session and group with an environment of their own. */
  cgroup?: Cgroup | null;
}

/** How this platform finds the processes of a tree and knows them again. */
export interface TreeMembers {
  /** Those that live, looked up anew. @throws Error where that is not possible right now */
  find(): ProcStat[] | Promise<ProcStat[]>;
  /** Whether a look that found nobody may have missed somebody. */
  mayHide(): boolean;
  /** Whether it is still the very process: asked right before a signal. */
  isStillThere(stat: ProcStat): boolean;
  /** The same for who only waits, where that is cheaper: its number may be somebody else's. */
  seemsThere(stat: ProcStat): boolean;
}

/** By `/proc`: the marker, group and session of the leader, descendants, control group. */
export function procMembers(tree: Tree): TreeMembers {
  const { id, leader } = tree;
  let last: ProcLook | null = null;
  const mayBeMember = ({ pid, group, session }: ProcStat): boolean =>
    (leader.startTime !== goneStartTime && (group === leader.pid || session === leader.pid)) ||
    mayCarry(pid, id);
  return {
    find() {
      last = lookAtProcesses(startOf(tree));
      return membersIn(last.table, tree);
    },
    mayHide: () => last?.mayHide(mayBeMember) ?? true,
    isStillThere,
    seemsThere: isStillThere,
  };
}

export function findMembers(tree: Tree): ProcStat[] {
  return membersIn(readProcTable(startOf(tree)), tree);
}

/** When its first process was started, as far as that is known: nothing of it is older. */
function startOf({ ref, leader }: Tree): string | null {
  return leader.startTime === goneStartTime ? ref.startTime : leader.startTime;
}

function membersIn(table: ProcTable, { id, leader, cgroup }: Tree): ProcStat[] {
  const found = findTree(id, leader, table);
  const pids = new Set([process.pid, ...found.map((stat) => stat.pid)]);
  const others = (cgroup?.members() ?? []).flatMap((pid) => (pids.has(pid) ? [] : (readProcStat(pid) ?? [])));
  return [...found, ...others.filter(isLiving)];
}

/**
 * By `ps`: the process, the group of the leader and all descendants; who was found once is known from then on. Who left both before the
 * first look is not found: nothing here tells of a marker.
 */
export function psMembers({ id, ref, leader }: Tree): TreeMembers {
  let known: readonly ProcStat[] = [];
  let emptyLooks = 0;
  return {
    async find() {
      const table = await readPsTable();
      const alive = known.filter(({ pid, startTime }) => table.byPid.get(pid)?.startTime === startTime);
      const roots = [leader, ref, ...alive.map(({ pid, startTime }) => ({ ...leader, pid, startTime }))];
      const found = [...new Set(roots.flatMap((root) => findTree(id, root, table)))];
      known = found;
      emptyLooks = found.length === 0 ? emptyLooks + 1 : 0;
      return found;
    },
    mayHide: () => emptyLooks < 2,
    isStillThere,
    seemsThere: ({ pid }) => isProcessAlive(pid),
  };
}

function isStillThere({ pid, startTime }: ProcStat): boolean {
  const now = readStat(pid);
  return now !== null && isLiving(now) && now.startTime === startTime;
}
