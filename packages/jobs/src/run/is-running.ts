import { lookAtRun } from '@project-runner/launcher-local';

import type { RunFiles } from '../store/run-files.ts';
import type { RunRecord } from '../store/run-record.ts';

/** The first process of an attempt, where it is alive in this moment; `null` otherwise. */
export function runningPid({ creator }: RunRecord, files: RunFiles, attempt: number): number | null {
  const process = attempt === 0 ? null : lookAtRun(files.launch(attempt));
  // Start times count from boot, so those of another one may recur.
  return process?.isAlive && process.ref.bootId === creator.bootId ? process.ref.pid : null;
}
