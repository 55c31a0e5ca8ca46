import { callPlugin } from '@project-runner/core';
import type { Logger, PluginSet, PortLease, PortRequest, RunningServer } from '@project-runner/core';

import { deployCancelled } from './deploy-cancelled.ts';
import { canInherit } from './held-start.ts';
import type { StoredLaunch } from './server-state.ts';

export interface AcquirePortOptions {
  serverId: string;
  deploymentId: string;
  projectId: string;
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
  const request = { exclude, ...describe(whose), ...wanted, ...share };
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
  { projectId, takesSocket = false }: { projectId?: string; takesSocket?: boolean } = {},
): Promise<PortLease> {
  const strategy = plugins.one('port-strategy');
  try {
    const share = takesSocket ? { share: deploymentId } : {};
    const request = {
      exclude: [],
      ...describe({ serverId, deploymentId, projectId }),
      port,
      held: true,
      ...share,
    };
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

/** `owner` is what people read who look for a port that is taken. */
function describe({
  serverId,
  deploymentId,
  projectId,
}: Pick<AcquirePortOptions, 'serverId' | 'deploymentId'> & { projectId: string | undefined }): Pick<
  PortRequest,
  'owner' | 'deploymentId' | 'projectId'
> {
  const owner = `server ${serverId} of deployment ${deploymentId}`;
  return { owner, deploymentId, ...(projectId ? { projectId } : {}) };
}
