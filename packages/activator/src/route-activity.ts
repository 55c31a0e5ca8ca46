import type { ActivatorRouter, RouteActivity } from './activator-router.ts';

const nothing = { inFlight: 0, lastActiveAt: null };

/** Requests of projects, as their router counts them. */
export function routeActivity(
  router: ActivatorRouter | undefined,
): (projectId: string) => Pick<RouteActivity, 'inFlight' | 'lastActiveAt'> {
  const deployments = router?.getStats?.().deployments ?? [];
  const byId = new Map(deployments.map((each) => [each.deploymentId, each]));
  return (projectId) => byId.get(projectId) ?? nothing;
}

/** The later one. */
export function latest(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}
