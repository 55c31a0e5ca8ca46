import type { ListeningSocket, ProcessExit, ProcessHandle } from '@project-runner/core';

import { hasProc } from './has-proc.ts';
import { listeningSockets } from './listening-sockets.ts';
import { stopTreeWindows } from './stop-tree-windows.ts';
import { stopTree } from './stop-tree.ts';
import { findMembers, procMembers, psMembers } from './tree-members.ts';
import type { Tree } from './tree-members.ts';
import { createUsageSampler } from './tree-usage.ts';

export interface TreeHandleOptions extends Tree {
  exited: Promise<ProcessExit>;
}

export type TreeHandle = Pick<ProcessHandle, 'ref' | 'exited' | 'stop' | 'usage' | 'listening'>;

/** What can be done with a tree, whoever its parent is. */
export function treeHandle({ exited, ...tree }: TreeHandleOptions): TreeHandle {
  const { id, ref, leader, cgroup } = tree;
  let changedAt = performance.now();
  let hasExited = false;
  const changed = (): void => {
    changedAt = performance.now();
  };
  void exited.then(() => {
    hasExited = true;
    changed();
  });
  const sampler = createUsageSampler({ id, ref, leader, changedAt: () => changedAt });
  const shim = leader.pid === ref.pid ? null : leader;
  const stop = (graceMs: number): Promise<void> =>
    process.platform === 'win32'
      ? stopTreeWindows({ pid: ref.pid, hasExited: () => hasExited, exited })
      : stopTree({
          members: hasProc ? procMembers(tree) : psMembers(tree),
          shim,
          graceMs,
          exited,
          killGroup: () => cgroup?.kill(),
        });
  let stopping: Promise<void> | null = null;
  return {
    ref,
    exited,
    stop: ({ graceMs }) => {
      stopping ??= keepAlive(exited, stop(graceMs)).finally(() => {
        // A stop that failed may be tried again.
        stopping = null;
        changed();
      });
      return stopping;
    },
    usage: () => sampler.sample(),
    listening: async (port) => (hasProc ? listening(tree, port) : null),
  };
}

/** The root alone first: it is nearly always the one that listens, and the whole tree costs a pass over `/proc`. */
function listening(tree: Tree, port: number | undefined): ListeningSocket[] {
  const own = port === undefined ? [] : listeningSockets([tree.ref.pid], port);
  if (own.some((socket) => socket.port === port)) return own;
  return listeningSockets(
    findMembers(tree).map((stat) => stat.pid),
    port,
  );
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
