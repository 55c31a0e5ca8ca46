import { setTimeout as delay } from 'node:timers/promises';

import { ProjectRunnerError } from '@project-runner/core';
import type { ProcessHandle } from '@project-runner/core';

import type { NotReady } from './await-ready.ts';
import type { HeldServerStart } from './held-start.ts';
import { withLimit } from './with-limit.ts';

export interface ActivateHeldOptions {
  held: Pick<HeldServerStart, 'activate'>;
  handle: Pick<ProcessHandle, 'exited' | 'exit'>;
  /** How long it may take, in ms. */
  deadlineMs: number;
  /** Cancels. */
  signal: AbortSignal;
}

/** How long after its connection the exit of a process is known, in ms. */
const exitPatienceMs = 500;

/**
 * Lets a server that is healthy accept what comes to the port it shares. Answers why it does not, `null` when it does.
 * @throws as `activate` does, where neither the time nor the server ended
 */
export function activateHeld({
  held,
  handle,
  deadlineMs,
  signal,
}: ActivateHeldOptions): Promise<NotReady | null> {
  return withLimit(signal, deadlineMs, async (limit) => {
    try {
      await held.activate(limit);
      return null;
    } catch (error) {
      if (signal.aborted) throw error;
      if (limit.aborted) return { reason: 'error', error: tooLate(deadlineMs) };
      await Promise.race([handle.exited, delay(exitPatienceMs)]);
      if (handle.exit() === null) throw error;
      return { reason: 'exited' };
    }
  });
}

function tooLate(ms: number): ProjectRunnerError {
  return new ProjectRunnerError(
    'SERVER_NOT_READY',
    `The server was healthy and then did not begin to accept connections within ${Math.round(ms)} ms`,
    { hint: 'See the log of the server: something in it blocks the event loop' },
  );
}
