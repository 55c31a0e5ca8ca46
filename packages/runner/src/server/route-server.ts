import { ProjectRunnerError } from '@project-runner/core';
import type { EdgeRouter, RouteConfig } from '@project-runner/core';

/**
 * Sends traffic to a server: updates the deployment's route where it has one, registers one where not (registering
 * twice throws).
 * @throws ProjectRunnerError `ROUTE_FAILED`
 */
export async function routeServer(router: EdgeRouter, route: RouteConfig): Promise<void> {
  try {
    const known = await router.getRoute(route.deploymentId);
    if (known) await router.updateRoute(known.routeId, route);
    else await router.registerRoute(route);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProjectRunnerError(
      'ROUTE_FAILED',
      `The router could not point ${route.subdomain} at ${route.targetHost}:${route.targetPort}: ${reason}`,
      { cause: error },
    );
  }
}

/** Takes a deployment's route away, if it has one. */
export async function unrouteServer(router: EdgeRouter, deploymentId: string): Promise<void> {
  const known = await router.getRoute(deploymentId);
  if (known) await router.removeRoute(known.routeId);
}
