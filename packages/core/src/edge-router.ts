/** What a router is told about a deployment. */
export interface RouteConfig {
  deploymentId: string;
  projectId: string;
  subdomain: string;
  targetHost: string;
  targetPort: number;
  tls?: boolean;
}

/** A route as the router keeps it. */
export interface RouteInfo extends RouteConfig {
  /** The route's own id: what `updateRoute` and `removeRoute` take. */
  routeId: string;
  publicUrl?: string;
}

/** Sends the world's requests to servers. Registering a deployment twice throws, so look first and update. */
export interface EdgeRouter {
  registerRoute(config: RouteConfig): Promise<RouteInfo>;
  updateRoute(routeId: string, config: Partial<RouteConfig>): Promise<RouteInfo>;
  removeRoute(routeId: string): Promise<void>;
  /** Takes the id of the deployment, not of the route. */
  getRoute(deploymentId: string): Promise<RouteInfo | null | undefined>;
  listRoutes(projectId: string): Promise<RouteInfo[]>;
  checkRouteHealth(routeId: string): Promise<{ healthy: boolean }>;
  /**
   * The server of a route is away although its port accepts connections, or there again: a port that the runner holds is never
   * refused. Requests that come meanwhile are to be held, or refused. `updateRoute` ends a pause, too.
   */
  setRoutePaused?(routeId: string, isPaused: boolean): Promise<void>;
}
