import { setTimeout as delay } from 'node:timers/promises';

import { ProjectRunnerError } from '@project-runner/core';
import type { ProcessHandle } from '@project-runner/core';

import { forgetStopFailure, tellStopFailure } from '../store/stop-failure.ts';
import type { RunFiles } from '../store/run-files.ts';

export interface StopUntilGoneOptions {
  handle: Pick<ProcessHandle, 'stop'>;
  files: RunFiles;
  graceMs: number;
  /** Ends the trying. */
  leaving: AbortSignal;
}

/** From one try to the next. What survives SIGKILL waits for a disk, a network, or somebody who froze it. */
const pauseMs = 5000;

/** Stops a tree, as often as it takes: a run is not over while any of it lives. Who survived is told on the way. */
export async function stopUntilGone({
  handle,
  files,
  graceMs,
  leaving,
}: StopUntilGoneOptions): Promise<void> {
  let grace = graceMs;
  for (;;) {
    try {
      await handle.stop({ graceMs: grace });
      forgetStopFailure(files);
      return;
    } catch (error) {
      if (!ProjectRunnerError.is(error) || error.code !== 'STOP_FAILED') throw error;
      tellStopFailure(files, error.message);
    }
    // It had it.
    grace = 0;
    await delay(pauseMs, undefined, { signal: leaving }).catch(() => undefined);
    if (leaving.aborted) return;
  }
}
