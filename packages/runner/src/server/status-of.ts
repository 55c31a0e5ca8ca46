import type { ProcessHandle, ServerStatus } from '@project-runner/core';

import { limitsInForce } from './limits.ts';
import type { StoredServer } from './server-state.ts';

/** What is told of a server; `handle`: `null` while it does not run. */
export function statusOf(
  { state, restarts, lastExit, lastError, lastLines = [], launch }: StoredServer,
  handle: ProcessHandle | null,
  nextStartAt: Date | null = null,
): ServerStatus {
  return {
    state,
    restarts,
    lastExit,
    lastError,
    lastLines,
    nextStartAt: state === 'backoff' ? nextStartAt : null,
    limits: limitsInForce(launch.limits, handle),
  };
}
