import { callPlugin } from '@project-runner/core';
import type { HealthProbePlugin, ProbeResult, ProbeTarget } from '@project-runner/core';

import { withinMs } from './within.ts';

/** Looks at a server once with every probe; the first complaint is the answer. A probe that does not answer is one. */
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
  const results = await Promise.all(
    probes.map((probe) =>
      withinMs(
        callPlugin(probe, 'check', () => probe.check(target, signal)),
        // The probe's own answer to the signal is the better one.
        timeoutMs + 250,
        late,
      ),
    ),
  );
  return results.find((item) => !item.healthy) ?? { healthy: true };
}
