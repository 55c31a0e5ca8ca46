import { callPlugin } from '@project-runner/core';
import type { Logger, PluginSet, PortLease, RunningServer } from '@project-runner/core';

import { deployCancelled } from './deploy-cancelled.ts';
import { canInherit } from './held-start.ts';
import type { StoredLaunch } from './server-state.ts';

export interface AcquirePortOptions {
  serverId: string;
  deploymentId: string;
  plugins: PluginSet;
  launch: Pick<StoredLaunch, 'fixedPort' | 'takesSocket'>;
  signal: AbortSignal;
}

/**
 * `mayInherit`: the server is to be given the socket, where that can be.
 * @throws ProjectRunnerError `PORT_UNAVAILABLE`, `PORTS_EXHAUSTED`, `DEPLOY_CANCELLED`
 */
export async function acquirePort(
  { plugins, launch, signal, ...whose }: AcquirePortOptions,
  exclude: readonly number[],
  mayInherit = true,
): Promise<PortLease> {
  const strategy = plugins.one('port-strategy');
  const wanted = launch.fixedPort === null ? {} : { port: launch.fixedPort };
  const share = mayInherit && canInherit(plugins, launch) ? { share: whose.deploymentId } : {};
  const request = { exclude, owner: ownerOf(whose), ...wanted, ...share };
  try {
    signal.throwIfAborted();
    return await callPlugin(strategy, 'acquire', () => strategy.acquire(request, signal));
  } catch (error) {
    throw signal.aborted ? deployCancelled(signal.reason) : error;
  }
}

/** The lease of a port that a server has already. Without one the server runs on: its socket is its own. */
export async function leaseHeldPort(
  { plugins, signal, logger }: Pick<AcquirePortOptions, 'plugins' | 'signal'> & { logger: Logger },
  { id: serverId, deploymentId, host, port }: RunningServer,
  takesSocket = false,
): Promise<PortLease> {
  const strategy = plugins.one('port-strategy');
  try {
    const share = takesSocket ? { share: deploymentId } : {};
    const request = { exclude: [], owner: ownerOf({ serverId, deploymentId }), port, held: true, ...share };
    return await callPlugin(strategy, 'acquire', () => strategy.acquire(request, signal));
  } catch (error) {
    // A strategy that does not know held ports, or a lease that cannot be written.
    logger.warn(
      `Port ${port} of server ${serverId} could not be leased; the server runs on without a lease`,
      error,
    );
    return { host, port, env: {}, release: () => Promise.resolve() };
  }
}

/** Gives a port back. A strategy that fails must not hide what went before it, or keep a stop from ending. */
export async function releasePort(plugins: PluginSet, lease: PortLease): Promise<unknown> {
  const strategy = plugins.one('port-strategy');
  try {
    await callPlugin(strategy, 'release', () => lease.release());
    return null;
  } catch (error) {
    return error;
  }
}

/** What people read who look for a port that is taken. */
function ownerOf({ serverId, deploymentId }: Pick<AcquirePortOptions, 'serverId' | 'deploymentId'>): string {
  return `server ${serverId} of deployment ${deploymentId}`;
}
