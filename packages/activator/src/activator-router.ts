import type { EdgeRouter, RouteInfo } from '@project-runner/core';

/** What a router tells of the requests of one deployment. */
export interface RouteActivity {
  deploymentId: string;
  inFlight: number;
  lastActiveAt: Date | null;
}

/**
 * A router; `router-http` has it all. Without `getStats` and `removeIdleRoute` requests that it forwards are not seen: those
 * count that the activator is told of by `touch` and `hold`.
 */
export interface ActivatorRouter extends EdgeRouter {
  getStats?(): { deployments: readonly RouteActivity[] };
  /** Removes a route unless a request is in flight, and answers whether it is gone. */
  removeIdleRoute?(routeId: string): Promise<boolean>;
}

/** A request that nobody serves; what `wake` of `router-http` is called with. */
export interface WakeRequest {
  subdomain: string;
  route: RouteInfo | null;
}
