import type { LaunchSpec, ProcessExit, ProcessHandle, ProcessRef } from '@project-runner/core';

import { durableHandle } from './durable-handle.ts';
import type { Spawned } from './end-spawned.ts';
import { findProblem } from './find-program.ts';
import { guarded } from './guarded.ts';
import { identify } from './identify.ts';
import { prepareCgroup } from './launch-cgroup.ts';
import type { LaunchCgroup } from './launch-cgroup.ts';
import { launchFailed } from './launch-failed.ts';
import { readProcessRef } from './process-ref.ts';
import { createRunFolder } from './run-folder.ts';
import type { RunFolder } from './run-folder.ts';
import { spawnFailed } from './spawn-failed.ts';
import { spawnShim } from './spawn-shim.ts';
import { undoLaunch } from './undo-launch.ts';
import { watchExit } from './watch-exit.ts';

export interface SpoolLimits {
  budgetBytes: number;
  minFreeBytes: number;
  punchHoles: boolean;
}

export interface DurableOptions extends SpoolLimits {
  /** Use control groups where they can be had. */
  cgroups: boolean;
  /** How long a shim may take to tell its process: seconds only where a machine does next to nothing. @default 10000 */
  identifyMs?: number;
}

const noGroup: LaunchCgroup = {
  group: null,
  joins: [],
  started: () => undefined,
  abandon: () => undefined,
};

/**
 * Starts a process that outlives the runner with its output and its exit code. A launch that fails leaves nothing behind.
 * @throws ProjectRunnerError `SPAWN_FAILED`
 */
export async function launchDurable(
  spec: LaunchSpec,
  dir: string,
  { cgroups, identifyMs = 10_000, ...limits }: DurableOptions,
): Promise<ProcessHandle> {
  // Behind the shim a missing program would look like a server that exits at once.
  const problem = findProblem(spec);
  if (problem) throw spawnFailed(spec, new Error('Looked for before the launch'), problem);
  const run = makeFolder(spec, dir);
  let cgroup = noGroup;
  let shim: Spawned | null = null;
  try {
    if (cgroups) cgroup = prepareCgroup(spec, run);
    shim = await spawnShim(spec, run, cgroup.joins);
    return await follow(shim, { spec, run, cgroup, identifyMs, limits });
  } catch (error) {
    const problems = await undoLaunch({ id: spec.id, spawned: shim, cgroup: cgroup.group, dir });
    throw launchFailed(spec, error, problems);
  }
}

interface Followed {
  spec: LaunchSpec;
  run: RunFolder;
  cgroup: LaunchCgroup;
  identifyMs: number;
  limits: SpoolLimits;
}

async function follow(
  { child, exited }: Spawned,
  { spec, run, cgroup, identifyMs, limits }: Followed,
): Promise<ProcessHandle> {
  child.on('message', (message) => guarded(() => spec.onMessage?.(message)));
  const shim = readProcessRef(child.pid);
  // Making files takes the time in which the shim starts the process.
  run.makeRoom();
  const ref = await identify({ run, shim, shimExited: exited, deadlineMs: identifyMs });
  cgroup.started(shim);
  const detached = new AbortController();
  return durableHandle({
    id: spec.id,
    ref,
    shim,
    run,
    cgroup: cgroup.group,
    receiver: spec,
    from: { stdout: 0, stderr: 0 },
    ...limits,
    exited: exited.then((exit) => afterShim(exit, run, ref, detached.signal)),
    detach: () => {
      detached.abort();
      cgroup.abandon();
      child.unref();
      if (child.connected) child.disconnect();
    },
  });
}

/** A shim that was killed tells nothing of its child, which lives on. */
function afterShim(
  shimExit: ProcessExit,
  run: RunFolder,
  ref: ProcessRef,
  signal: AbortSignal,
): Promise<ProcessExit> {
  // What it writes it also exits with.
  if (shimExit.signal === null) return Promise.resolve(shimExit);
  return watchExit({ ref, shim: null, exitFile: null, readExit: () => run.readExit(), signal });
}

function makeFolder(spec: LaunchSpec, dir: string): RunFolder {
  try {
    return createRunFolder(dir);
  } catch (error) {
    throw launchFailed(spec, error);
  }
}
