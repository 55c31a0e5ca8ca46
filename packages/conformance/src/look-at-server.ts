import assert from 'node:assert/strict';
import { inspect } from 'node:util';

import type { HealthProbePlugin, ProbeResult, ProbeTarget } from '@project-runner/core';

import { within } from './within.ts';

/** How long a probe may take for a server that answers at once, and after its signal. */
const patienceMs = 2000;

export function assertUnhealthy(result: ProbeResult, where: string): void {
  assert.equal(
    result.healthy,
    false,
    `check must answer { healthy: false } ${where}, found ${inspect(result)}`,
  );
  assert.ok(result.message, `message must say what was seen ${where}, found ${inspect(result.message)}`);
}

/** One look, as the runner takes it. */
export async function check(
  probe: HealthProbePlugin,
  target: Partial<ProbeTarget>,
  signal: AbortSignal = new AbortController().signal,
  hint = '',
): Promise<ProbeResult> {
  const look = async (): Promise<ProbeResult> =>
    probe.check({ host: '127.0.0.1', port: 0, path: '/health', ...target }, signal);
  // From the signal where it aborts later: that takes at most half a second.
  const result = await within(
    patienceMs,
    look().catch(rejected),
    `check must settle soon, after its signal at the latest${hint}`,
  );
  assert.equal(
    typeof result?.healthy,
    'boolean',
    `check must answer { healthy, message }, found ${inspect(result)}`,
  );
  return result;
}

function rejected(cause: unknown): never {
  const error = new assert.AssertionError({
    message: `check must answer { healthy: false, message } instead of rejecting with ${String(cause)}`,
  });
  error.cause = cause;
  throw error;
}
