import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

import type { ProcessExit } from '@project-runner/core';

import { bootId } from './boot-id.ts';
import type { Cgroup } from './cgroup.ts';
import { readProcessRef } from './process-ref.ts';
import { goneStartTime } from './process-tree.ts';
import { treeHandle } from './tree-handle.ts';

export interface Spawned {
  /** Leads a group of its own. */
  child: ChildProcess & { pid: number };
  exited: Promise<ProcessExit>;
}

/** How long its first process may take to vanish after SIGKILL, where the tree cannot be looked at. */
const killPatienceMs = 3000;

/**
 * Ends the whole tree of a child of which nothing was looked up yet. Where that cannot be done, its group is ended all
 * the same.
 * @throws Error of the file system; ProjectRunnerError `STOP_FAILED`
 */
export async function endSpawned(
  id: string,
  { child, exited }: Spawned,
  cgroup: Cgroup | null,
): Promise<void> {
  // Until its exit was told nobody has waited for it, so its number, and that of its group, is its own.
  const isOurs = (): boolean => child.exitCode === null && child.signalCode === null;
  child.ref();
  if (child.connected) child.disconnect();
  try {
    const ref = isOurs()
      ? readProcessRef(child.pid)
      : { pid: child.pid, startTime: goneStartTime, bootId: bootId() };
    await treeHandle({ ref, leader: ref, id, exited, cgroup }).stop({ graceMs: 0 });
  } catch (problem) {
    if (isOurs()) process.kill(-child.pid, 'SIGKILL');
    await Promise.race([exited, delay(killPatienceMs, undefined, { ref: false })]);
    throw problem;
  }
}
