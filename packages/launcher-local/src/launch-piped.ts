import { writeFileSync } from 'node:fs';

import type { LaunchSpec, ProcessHandle } from '@project-runner/core';

import { launchFailed } from './launch-failed.ts';
import { pipedHandle } from './piped-handle.ts';
import { readProcessRef } from './process-ref.ts';
import { spawnDetached } from './spawn-detached.ts';
import { undoLaunch } from './undo-launch.ts';

/**
 * Starts a process whose output comes through pipes. A launch that fails leaves nothing behind.
 * @throws ProjectRunnerError `SPAWN_FAILED`
 */
export async function launchPiped(spec: LaunchSpec, drainOutputMs: number): Promise<ProcessHandle> {
  claim(spec);
  const spawned = await spawnDetached(spec, { file: spec.file, args: spec.args });
  try {
    const ref = readProcessRef(spawned.child.pid);
    return pipedHandle({ ...spawned, ref, spec, drainOutputMs });
  } catch (error) {
    const problems = await undoLaunch({ id: spec.id, spawned, cgroup: null, dir: null });
    throw launchFailed(spec, error, problems);
  }
}

function claim(spec: LaunchSpec): void {
  try {
    if (spec.claim !== undefined) writeFileSync(spec.claim, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw launchFailed(spec, error);
  }
}
