import { callPlugin } from '@project-runner/core';
import type { PortStrategyPlugin } from '@project-runner/core';

/**
 * Leases the port and gives it back, so that a busy one is told before minutes of install and build, not after.
 * @throws ProjectRunnerError `PORT_UNAVAILABLE`
 */
export async function checkPort(
  strategy: PortStrategyPlugin,
  port: number,
  signal: AbortSignal,
): Promise<void> {
  const request = { port, exclude: [], owner: 'project-runner up' };
  const lease = await callPlugin(strategy, 'acquire', () => strategy.acquire(request, signal));
  await lease.release();
}
