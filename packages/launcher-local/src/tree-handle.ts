import type { ListeningSocket, ProcessExit, ProcessHandle, ProcessRef } from '@project-runner/core';

import type { Cgroup } from './cgroup.ts';
import { hasProc } from './has-proc.ts';
import { listeningSockets } from './listening-sockets.ts';
import { mayCarry } from './marker.ts';
import { findTree, goneStartTime } from './process-tree.ts';
import { isLiving, readProcStat } from './proc-stat.ts';
import type { ProcStat } from './proc-stat.ts';
import { stopTreePortable } from './stop-tree-portable.ts';
import { stopTree } from './stop-tree.ts';
import { createUsageSampler } from './tree-usage.ts';

export interface TreeHandleOptions {
  /** The process that was asked for. */
  ref: ProcessRef;
  /** Leads the session and the group of the tree: the process itself, or its shim. */
  leader: ProcessRef;
  id: string;
  exited: Promise<ProcessExit>;
  /** Has those, too, that left session and group with an environment of their own. */
  cgroup?: Cgroup | null;
}

export type TreeHandle = Pick<ProcessHandle, 'ref' | 'exited' | 'stop' | 'usage' | 'listening'>;

/** What can be done with a tree, whoever its parent is. */
export function treeHandle({ ref, leader, id, exited, cgroup }: TreeHandleOptions): TreeHandle {
  const members = (): ProcStat[] => withGroup(findTree(id, leader), cgroup);
  const mayBeMember = ({ pid, group, session }: ProcStat): boolean =>
    (leader.startTime !== goneStartTime && (group === leader.pid || session === leader.pid)) ||
    mayCarry(pid, id);
  let changedAt = performance.now();
  const changed = (): void => {
    changedAt = performance.now();
  };
  void exited.then(changed);
  const sampler = createUsageSampler({ id, ref, leader, changedAt: () => changedAt });
  const shim = leader.pid === ref.pid ? null : leader;
  let stopping: Promise<void> | null = null;
  return {
    ref,
    exited,
    stop: ({ graceMs }) => {
      if (stopping) return stopping;
      const stop = (): Promise<void> =>
        hasProc
          ? stopTree({ members, mayBeMember, shim, graceMs, exited, killGroup: () => cgroup?.kill() })
          : stopTreePortable(leader.pid, graceMs, exited);
      stopping = keepAlive(exited, stop()).finally(() => {
        // A stop that failed may be tried again.
        stopping = null;
        changed();
      });
      return stopping;
    },
    usage: () => sampler.sample(),
    listening: async (port) => (hasProc ? listening(ref, members, port) : null),
  };
}

/** The root alone first: it is nearly always the one that listens, and the whole tree costs a pass over `/proc`. */
function listening(ref: ProcessRef, members: () => ProcStat[], port: number | undefined): ListeningSocket[] {
  const own = port === undefined ? [] : listeningSockets([ref.pid], port);
  if (own.some((socket) => socket.port === port)) return own;
  return listeningSockets(
    members().map((stat) => stat.pid),
    port,
  );
}

function withGroup(found: ProcStat[], cgroup: Cgroup | null | undefined): ProcStat[] {
  const pids = new Set([process.pid, ...found.map((stat) => stat.pid)]);
  const others = (cgroup?.members() ?? []).flatMap((pid) => (pids.has(pid) ? [] : (readProcStat(pid) ?? [])));
  return [...found, ...others.filter(isLiving)];
}

/** Nothing else may keep this process alive until it has seen the end of what it stops: the watch of an adopted one does not. */
async function keepAlive(exited: Promise<unknown>, stopping: Promise<void>): Promise<void> {
  const timer = setInterval(() => undefined, 1000);
  try {
    await stopping;
    void exited.finally(() => clearInterval(timer));
  } catch (error) {
    clearInterval(timer);
    throw error;
  }
}
