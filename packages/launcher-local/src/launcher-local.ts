import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import type { LauncherPlugin, LaunchSpec, ProcessHandle, ProcessRef } from '@project-runner/core';
import { execa } from 'execa';

import { adoptedHandle } from './adopted-handle.ts';
import { createHandle } from './create-handle.ts';
import { hasProc } from './has-proc.ts';
import { isProcessAlive, readProcessRef } from './process-ref.ts';
import { carries, markerVariable } from './process-tree.ts';

export interface LauncherLocalOptions {
  /** How long output is still read after the exit while somebody else holds the pipe, in ms. @default 2000 */
  drainOutputMs?: number;
}

/** Starts local child processes, each in a session and process group of its own, and stops them as whole trees. */
export function launcherLocal({ drainOutputMs = 2000 }: LauncherLocalOptions = {}): LauncherPlugin {
  return {
    kind: 'launcher',
    name: 'local',
    apiVersion: 1,
    launch: (spec) => launch(spec, drainOutputMs),
    adopt: (ref, id) => Promise.resolve(adopt(ref, id)),
  };
}

async function launch(spec: LaunchSpec, drainOutputMs: number): Promise<ProcessHandle> {
  const subprocess = execa(spec.file, spec.args, {
    cwd: spec.cwd,
    env: { ...spec.env, [markerVariable]: spec.id },
    extendEnv: false,
    // A group of its own: the runner signals whole trees, and a Ctrl-C in its terminal is for the runner to pass on.
    detached: true,
    // The runner decides when children end; a library must not hook into the exit of its host.
    cleanup: false,
    buffer: false,
    reject: false,
    shell: false,
    windowsHide: true,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    ...(spec.ipc ? { ipc: true as const } : {}),
  });
  // execa answers a failed spawn as a result; without a pid there was never a process.
  if (subprocess.pid === undefined) throw await spawnFailed(spec, (await subprocess).cause);
  const child = subprocess.nodeChildProcess;
  return createHandle({ child, ref: readProcessRef(subprocess.pid), spec, drainOutputMs });
}

/** Only a process that carries the marker is taken over: its pid may have been given to somebody else. */
function adopt(ref: ProcessRef, id: string): ProcessHandle | null {
  if (!hasProc || !isProcessAlive(ref.pid)) return null;
  if (!carries(ref.pid, `${markerVariable}=${id}`)) return null;
  const found = readProcessRef(ref.pid);
  if (ref.startTime !== null && ref.startTime !== found.startTime) return null;
  if (ref.bootId !== null && ref.bootId !== found.bootId) return null;
  return adoptedHandle(found, id);
}

/** `ENOENT` of a spawn means a missing program or a missing folder; the user needs to know which. */
async function spawnFailed(spec: LaunchSpec, cause: unknown): Promise<ProjectRunnerError> {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'unknown error';
  const fail = (problem: string, hint: string): ProjectRunnerError =>
    new ProjectRunnerError('SPAWN_FAILED', `${spec.file} could not be started in ${spec.cwd}: ${problem}`, {
      cause,
      hint,
    });
  if (!(await isFolder(spec.cwd)))
    return fail('the folder is not there', 'Create the folder, or give another one');
  const found = await findOnPath(spec);
  if (found === 'missing') {
    return fail(
      isAbsolute(spec.file) ? 'there is no such file' : 'there is no such program on PATH',
      `Install ${spec.file}, or see that PATH names its folder`,
    );
  }
  if (found === 'forbidden') return fail('the file is not executable', `Allow it: chmod +x ${spec.file}`);
  return fail(code, 'See the cause for what the system said');
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

async function findOnPath(spec: LaunchSpec): Promise<'there' | 'missing' | 'forbidden'> {
  const hasFolder = spec.file.includes('/');
  const folders = hasFolder ? [spec.cwd] : (spec.env.PATH ?? '').split(':');
  let result: 'missing' | 'forbidden' = 'missing';
  for (const folder of folders) {
    const path = isAbsolute(spec.file) ? spec.file : join(folder, spec.file);
    try {
      await access(path, constants.X_OK);
      return 'there';
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EACCES') result = 'forbidden';
    }
  }
  return result;
}
