import { existsSync } from 'node:fs';

import { callPlugin, pluginKey } from '@project-runner/core';
import type { HealthProbePlugin, ProbeResult, ProbeTarget } from '@project-runner/core';

import { withinMs } from '../within.ts';

/**
 * Looks at a server that has become ready once with every probe; the first complaint is the answer. A probe that does not
 * answer is one.
 */
export async function probeServer(
  target: ProbeTarget,
  probes: readonly HealthProbePlugin[],
  timeoutMs: number,
): Promise<ProbeResult> {
  const late = (): ProbeResult => ({
    healthy: false,
    message: `Health check failed: no answer within ${timeoutMs} ms`,
  });
  const signal = AbortSignal.timeout(timeoutMs);
  const reached = reachable(target);
  const results = await Promise.all(
    probes.map((probe) =>
      withinMs(
        askProbe(probe, reached, signal),
        // The probe's own answer to the signal is the better one.
        timeoutMs + 250,
        late,
      ),
    ),
  );
  const message = firstComplaint(probes, results);
  return message === null ? { healthy: true } : { healthy: false, message };
}

/** What the first probe that is not content says, and which one it is where there are several; `null` for none. */
export function firstComplaint(
  probes: readonly HealthProbePlugin[],
  results: readonly ProbeResult[],
): string | null {
  const index = results.findIndex(({ healthy }) => !healthy);
  const probe = probes[index];
  if (!probe) return null;
  const message = results[index]?.message ?? 'the probe says unhealthy';
  return probes.length === 1 ? message : `[${pluginKey(probe)}] ${message}`;
}

/**
 * The file of a socket may have been cleaned away, or be in a `/tmp` that is not that of this process: nothing can be said of
 * the server by that, and its port is there to be asked.
 */
function reachable({ socketPath, ...target }: ProbeTarget): ProbeTarget {
  return socketPath === undefined || !existsSync(socketPath) ? target : { ...target, socketPath };
}

/** Asks one probe. @throws ProjectRunnerError `PLUGIN_FAILED`, also for an answer that is none */
export function askProbe(
  probe: HealthProbePlugin,
  target: ProbeTarget,
  signal: AbortSignal,
): Promise<ProbeResult> {
  return callPlugin(probe, 'check', async () => {
    const result = (await probe.check(target, signal)) as Partial<ProbeResult> | undefined;
    if (typeof result?.healthy === 'boolean') return result as ProbeResult;
    throw new TypeError(`expected { healthy: true | false }, found ${JSON.stringify(result)}`);
  });
}
