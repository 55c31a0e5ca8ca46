import { closeSync, openSync } from 'node:fs';

import type { AdoptRequest, ProcessExit, ProcessHandle, ProcessRef } from '@project-runner/core';

import { cannotTell } from './cannot-tell.ts';
import { bootId } from './boot-id.ts';
import { parseCgroup } from './cgroup.ts';
import { durableHandle } from './durable-handle.ts';
import { hasProc } from './has-proc.ts';
import type { SpoolLimits } from './launch-durable.ts';
import { carries } from './marker.ts';
import { isProcessAlive, isSameProcess, readProcessRef, readStat } from './process-ref.ts';
import { findTree, goneStartTime } from './process-tree.ts';
import { openRunFolder } from './run-folder.ts';
import type { RunFolder } from './run-folder.ts';
import { treeHandle } from './tree-handle.ts';
import { watchExit } from './watch-exit.ts';

/** Takes over a process that an earlier runner started; `null` when there is no trace of it. */
export function adopt(request: AdoptRequest, limits: SpoolLimits): ProcessHandle | null {
  return (
    (request.dir === undefined ? null : adoptDurable(request, request.dir, limits)) ?? adoptBare(request)
  );
}

/** What has ended prints no more: all of it can wait to be read. */
const unlimited: Partial<SpoolLimits> = { budgetBytes: Number.POSITIVE_INFINITY, minFreeBytes: 0 };

function adoptDurable(request: AdoptRequest, dir: string, limits: SpoolLimits): ProcessHandle | null {
  const run = openRunFolder(dir);
  const identity = run.readIdentity();
  if (!identity || !ensureSpools(run)) return null;
  const ref: ProcessRef = {
    pid: identity.pid,
    startTime: identity.startTime,
    // The folder does not tell the boot; who launched it may. Start times count from boot, so another boot's may recur.
    bootId: request.ref?.bootId ?? bootId(),
  };
  const shim = shimRef(identity.shimPid, request.id, ref);
  const detached = new AbortController();
  return durableHandle({
    id: request.id,
    ref,
    shim,
    run,
    cgroup: parseCgroup(run.readCgroup(), request.id),
    receiver: request,
    from: request.from,
    ...(run.readExit() ? { ...limits, ...unlimited } : limits),
    exited: watchExit({
      ref,
      shim,
      exitFile: `${run.dir}/exit`,
      readExit: () => run.readExit(),
      signal: detached.signal,
    }),
    detach: () => detached.abort(),
  });
}

/** Somebody may have removed them: what is in them is lost, and the process must be looked after all the same. */
function ensureSpools(run: RunFolder): boolean {
  try {
    for (const stream of ['stdout', 'stderr'] as const) closeSync(openSync(run.spool(stream), 'a', 0o600));
    return true;
  } catch (error) {
    // It may be tried again, and without its spools it would be taken over without its output.
    if (cannotTell(error)) throw error;
    return false;
  }
}

/** The number of a shim that is gone may be somebody else's by now: then nothing is to be taken for its group. */
function shimRef(pid: number, id: string, ref: ProcessRef): ProcessRef {
  const found = readProcessRef(pid);
  const isOurs = hasProc ? carries(pid, id) : isParent(pid, ref);
  return isOurs ? found : { pid, startTime: goneStartTime, bootId: ref.bootId };
}

function isParent(pid: number, { pid: child, startTime }: ProcessRef): boolean {
  const stat = readStat(child);
  return stat?.startTime === startTime && stat.parent === pid;
}

/**
 * Without a folder a process is known by its marker only: how it ends is not told, and its output went with the pipes of
 * that runner.
 */
function adoptBare({ ref: given, id }: AdoptRequest): ProcessHandle | null {
  const ref = given ?? (hasProc ? findRoot(id) : null);
  if (!ref || !hasProc || !isProcessAlive(ref.pid)) return null;
  if (!carries(ref.pid, id)) return null;
  const found = readProcessRef(ref.pid);
  if (ref.startTime !== null && ref.startTime !== found.startTime) return null;
  if (ref.bootId !== null && ref.bootId !== found.bootId) return null;
  const detached = new AbortController();
  let ended: ProcessExit | null = null;
  const exited = watchExit({
    ref: found,
    shim: null,
    exitFile: null,
    readExit: () => null,
    signal: detached.signal,
  }).then((exit) => (ended = exit));
  return {
    ...treeHandle({ ref: found, leader: found, id, exited }),
    exited,
    closed: exited.then(() => undefined),
    exit: () => (ended === null && !isSameProcess(found) ? { code: null, signal: null } : ended),
    detach: () => detached.abort(),
  };
}

/** The first process of a tree that nothing but its marker is known of. */
function findRoot(id: string): ProcessRef | null {
  const members = findTree(id, { pid: -1, startTime: goneStartTime, bootId: null });
  const pids = new Set(members.map(({ pid }) => pid));
  const root = members.find(({ parent }) => !pids.has(parent));
  return root ? readProcessRef(root.pid) : null;
}
