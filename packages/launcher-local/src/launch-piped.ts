import type { LaunchSpec, ProcessHandle } from '@project-runner/core';

import { pipedHandle } from './piped-handle.ts';
import { readProcessRef } from './process-ref.ts';
import { spawnDetached } from './spawn-detached.ts';

/** Starts a process whose output comes through pipes. @throws ProjectRunnerError `SPAWN_FAILED` */
export async function launchPiped(spec: LaunchSpec, drainOutputMs: number): Promise<ProcessHandle> {
  const child = await spawnDetached(spec, { file: spec.file, args: spec.args });
  return pipedHandle({ child, ref: readProcessRef(child.pid), spec, drainOutputMs });
}
