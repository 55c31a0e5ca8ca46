import { probeServer } from './probe-server.ts';
import { probesFor } from './probes-for.ts';
import type { ServerSupervisor } from './server-supervisor.ts';

const gone = { healthy: false, message: 'Process is not running' };

/** Whether a server is well; one that does not run, or is not known, is not. */
export async function checkServer(
  supervisor: ServerSupervisor | undefined,
  timeoutMs: number,
): Promise<{ healthy: boolean; message?: string }> {
  const target = supervisor?.handle ? supervisor.target : null;
  if (!supervisor || !target) return { ...gone };
  const probes = probesFor(supervisor.plugins, 'readiness', 'liveness');
  const result = await probeServer(target, probes, timeoutMs);
  // It may have gone while we looked; its port may answer for somebody else.
  return supervisor.handle ? result : { ...gone };
}
