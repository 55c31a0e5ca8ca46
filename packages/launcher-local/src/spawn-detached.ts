import type { LaunchSpec, ProcessExit } from '@project-runner/core';

import type { Spawned } from './end-spawned.ts';
import { markerVariable } from './marker.ts';
import { spawnFailed } from './spawn-failed.ts';

export interface SpawnDetachedOptions {
  file: string;
  args: readonly string[];
}

/** Spawns in a session and process group of its own, with nothing inherited. @throws ProjectRunnerError `SPAWN_FAILED` */
export async function spawnDetached(
  spec: LaunchSpec,
  { file, args }: SpawnDetachedOptions,
): Promise<Spawned> {
  // Loaded where it is needed: it takes 17 MB, and a runner that only looks after servers has no use for it.
  const { execa } = await import('execa');
  const subprocess = execa(file, args, {
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
    // Its types know descriptors up to 9 only.
    stdio: [
      spec.stdin === undefined ? 'ignore' : { file: spec.stdin },
      'pipe',
      'pipe',
      ...((spec.inherit ?? []) as readonly 3[]),
    ],
    ...(spec.ipc ? { ipc: true as const } : {}),
  });
  // execa answers a failed spawn as a result; without a pid there was never a process.
  if (subprocess.pid === undefined) throw spawnFailed(spec, (await subprocess).cause);
  const child = subprocess.nodeChildProcess as Spawned['child'];
  const exited = new Promise<ProcessExit>((resolve) => {
    // `exit`, not `close`: that waits for whoever still holds the pipes.
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  return { child, exited };
}
