import { setTimeout as delay } from 'node:timers/promises';

import { ProjectRunnerError } from '@project-runner/core';
import type { ProcessRef } from '@project-runner/core';

import type { RunFolder } from './run-folder.ts';

export interface IdentifyOptions {
  run: Pick<RunFolder, 'dir' | 'readIdentity'>;
  shim: ProcessRef;
  shimExited: Promise<unknown>;
  deadlineMs: number;
}

/**
 * Waits for the shim to tell the process's identity, some 2 ms. Where it ends first there never was another process.
 * @throws ProjectRunnerError `SPAWN_FAILED` at the deadline
 */
export async function identify({ run, shim, shimExited, deadlineMs }: IdentifyOptions): Promise<ProcessRef> {
  let shimEnded = false;
  void shimExited.then(() => {
    shimEnded = true;
  });
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const identity = run.readIdentity();
    if (identity) return { ...shim, pid: identity.pid, startTime: identity.startTime };
    if (shimEnded) return shim;
    if (performance.now() >= deadline) throw tooLate(run.dir, deadlineMs);
    await delay(1);
  }
}

function tooLate(dir: string, deadlineMs: number): ProjectRunnerError {
  return new ProjectRunnerError(
    'SPAWN_FAILED',
    `The shell that starts the process did not write its pid to ${dir} within ${deadlineMs} ms`,
    {
      hint: 'See that nothing removes or freezes what is in this folder, and that the machine is not overloaded',
    },
  );
}
