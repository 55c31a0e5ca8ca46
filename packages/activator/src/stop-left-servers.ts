import type { Logger } from '@project-runner/core';
import type { LocalProcessRunner } from '@project-runner/runner';

/**
 * Stops what an activator left that was killed, in the background, once it is found: the tokens of those servers are of a
 * secret that went with it, so that nobody can talk to them any more. A start of the same project waits for its stop.
 */
export async function stopLeftServers(
  runner: Pick<LocalProcessRunner, 'recover' | 'stop'>,
  logger: Logger,
): Promise<void> {
  const servers = await runner.recover();
  // A release has a build of its own: a host that shares the folder runs that.
  for (const server of servers.filter(({ buildId, deploymentId }) => buildId === deploymentId)) {
    runner.stop(server).catch((error: unknown) => {
      logger.error(`Server ${server.id}, which an earlier process left, could not be stopped`, error);
    });
  }
}
