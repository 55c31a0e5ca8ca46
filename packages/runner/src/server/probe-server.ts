import { callPlugin } from '@project-runner/core';
import type { HealthProbePlugin, ProbeResult } from '@project-runner/core';

import type { ServerInstance } from './server-instance.ts';

/** Looks at a server once with every probe; the first complaint is the answer. */
export async function probeServer(
  instance: ServerInstance,
  probes: readonly HealthProbePlugin[],
  timeoutMs: number,
): Promise<ProbeResult> {
  const results = await Promise.all(
    probes.map((probe) =>
      callPlugin(probe, 'check', () => probe.check(instance.target, AbortSignal.timeout(timeoutMs))),
    ),
  );
  const result = results.find((item) => !item.healthy) ?? { healthy: true };
  // The server may have gone while we looked; its port may answer for somebody else.
  if (instance.handle.exit() !== null) return { healthy: false, message: 'Process is not running' };
  return result;
}
