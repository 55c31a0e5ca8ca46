import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { ProjectRunnerError } from '@project-runner/core';
import type { LaunchSpec, ProcessExit, ProcessHandle, ProcessRef } from '@project-runner/core';

import { durableHandle } from './durable-handle.ts';
import { guarded } from './guarded.ts';
import { prepareCgroup } from './launch-cgroup.ts';
import type { LaunchCgroup } from './launch-cgroup.ts';
import { markerVariable } from './marker.ts';
import { readProcessRef } from './process-ref.ts';
import { createRunFolder, fromShellCode } from './run-folder.ts';
import type { RunFolder } from './run-folder.ts';
import { needsBash, shimScript } from './shim-script.ts';
import { findProgram, spawnFailed } from './spawn-failed.ts';
import { watchExit } from './watch-exit.ts';

export interface SpoolLimits {
  budgetBytes: number;
  minFreeBytes: number;
  punchHoles: boolean;
}

export interface DurableOptions extends SpoolLimits {
  /** Use control groups where they can be had. */
  cgroups: boolean;
}

const noGroup: LaunchCgroup = { group: null, joins: [], started: () => undefined };

/** Starts a process that outlives the runner with its output and its exit code. @throws ProjectRunnerError `SPAWN_FAILED` */
export async function launchDurable(
  spec: LaunchSpec,
  dir: string,
  { cgroups, ...limits }: DurableOptions,
): Promise<ProcessHandle> {
  // Behind the shim a missing program would look like a server that exits at once.
  if ((await findProgram(spec)) !== 'there') {
    throw await spawnFailed(spec, Object.assign(new Error('no such program'), { code: 'ENOENT' }));
  }
  const run = makeFolder(spec, dir);
  const cgroup = cgroups ? prepareCgroup(spec, run) : noGroup;
  const child = await spawnShim(spec, run, cgroup.joins).catch(async (error: unknown) => {
    await cgroup.group?.remove();
    throw error;
  });
  const shim = readProcessRef(child.pid);
  // Listened for before the first await, so that no exit is missed.
  const shimExit = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ? { code: null, signal } : fromShellCode(code ?? 0)));
  });
  child.on('message', (message) => guarded(() => spec.onMessage?.(message)));
  const ref = await identify(run, shim, shimExit);
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
    exited: shimExit.then((exit) => afterShim(exit, run, ref, detached.signal)),
    detach: () => {
      detached.abort();
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
  const told = run.readExit();
  if (told) return Promise.resolve(told);
  if (shimExit.signal === null) return Promise.resolve(shimExit);
  return watchExit({ ref, shim: null, exitFile: null, readExit: () => run.readExit(), signal });
}

function makeFolder(spec: LaunchSpec, dir: string): RunFolder {
  try {
    return createRunFolder(dir);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProjectRunnerError('SPAWN_FAILED', `${spec.file} could not be started: ${reason}`, {
      cause: error,
      hint: `See that ${dir} can be written to and its volume has space`,
    });
  }
}

async function spawnShim(
  spec: LaunchSpec,
  run: RunFolder,
  joins: readonly string[],
): Promise<ChildProcess & { pid: number }> {
  const shell = needsBash(spec.env) && existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh';
  const files = [openSync(run.spool('stdout'), 'a'), openSync(run.spool('stderr'), 'a')] as const;
  const args = ['-c', shimScript(spec.env, joins), 'project-runner', run.dir, spec.file, ...spec.args];
  try {
    // Not by execa: of a program with an absolute path and files for output it would only cost memory.
    const child = spawn(shell, args, {
      cwd: spec.cwd,
      env: { ...spec.env, [markerVariable]: spec.id },
      // A session of its own, see `spawnDetached`.
      detached: true,
      stdio: ['ignore', ...files, ...(spec.ipc ? (['ipc'] as const) : [])],
    });
    if (child.pid === undefined) {
      const [cause] = (await once(child, 'error')) as [unknown];
      throw await spawnFailed(spec, cause);
    }
    return child as ChildProcess & { pid: number };
  } finally {
    for (const file of files) closeSync(file);
  }
}

/** Waits for the shim to tell the process's identity, some 2 ms. Where it ends first there never was another process. */
async function identify(
  run: RunFolder,
  shim: ProcessRef,
  shimExit: Promise<ProcessExit>,
): Promise<ProcessRef> {
  let shimEnded = false;
  void shimExit.then(() => {
    shimEnded = true;
  });
  for (;;) {
    const ended = shimEnded;
    const identity = run.readIdentity();
    if (identity) return { ...shim, pid: identity.pid, startTime: identity.startTime };
    if (ended) return shim;
    await delay(1);
  }
}
