import type { EdgeRouter, RouteConfig, RouteInfo } from '@project-runner/core';

import type { WrittenTls } from './tls-option.ts';
import type { RouterStats } from './router-stats.ts';

/**
 * One reverse proxy: `{subdomain}.{baseDomain}` leads to the server of a deployment. The methods of `EdgeRouter` work
 * before `listen`, too.
 */
export interface RouterHttp extends EdgeRouter {
  /**
   * Restores the routes of `routesFile` and takes requests.
   * @throws ProjectRunnerError `PORT_UNAVAILABLE`, `ROUTES_FILE_INVALID`, `ROUTES_FILE_IN_USE`, `ROUTER_CLOSED`
   */
  listen(): Promise<RouterAddress>;
  /**
   * Takes no more connections, lets requests in flight end, and cuts what is there after the grace. WebSockets are cut
   * when the requests are over. A second call answers as the first.
   */
  close(options?: CloseOptions): Promise<void>;
  /**
   * Replaces the certificates, without an argument by what their files hold now. Connections that are open keep theirs.
   * @throws ProjectRunnerError `CONFIG_INVALID`; the old ones stay
   */
  reloadTls(tls?: WrittenTls): Promise<void>;
  getStats(): RouterStats;

  /** While a route is paused its target is not asked: requests wait as for one that refuses. Not kept in `routesFile`. @throws ProjectRunnerError `ROUTE_NOT_FOUND` */
  setRoutePaused(routeId: string, isPaused: boolean): Promise<void>;
  /** @throws ProjectRunnerError `ROUTE_EXISTS` where the deployment has a route or another has the subdomain, `CONFIG_INVALID`, `ROUTER_CLOSED` */
  registerRoute(config: RouteConfig): Promise<RouteInfo>;
  /** Requests in flight end where they are, later ones go to the new target. @throws ProjectRunnerError `ROUTE_NOT_FOUND`, and as `registerRoute` does */
  updateRoute(routeId: string, config: Partial<RouteConfig>): Promise<RouteInfo>;
  /** Does nothing for a route that is gone already. @throws ProjectRunnerError `ROUTER_CLOSED` */
  removeRoute(routeId: string): Promise<void>;
  /**
   * Removes a route unless a request is in flight on it; answers whether it is gone. Requests that come later find no
   * route, so its server can be stopped without a request failing. @throws ProjectRunnerError `ROUTER_CLOSED`
   */
  removeIdleRoute(routeId: string): Promise<boolean>;
  getRoute(deploymentId: string): Promise<RouteInfo | null>;
  listRoutes(projectId: string): Promise<RouteInfo[]>;
  /** Whether the target answers `healthPath` with a status below 500, within 5 s. @throws ProjectRunnerError `ROUTE_NOT_FOUND` */
  checkRouteHealth(routeId: string): Promise<RouteHealth>;
}

export interface RouterAddress {
  port: number;
  hosts: readonly string[];
  /** Of the list of what is known: `http://localhost:8080`. */
  url: string;
}

export interface CloseOptions {
  /** @default 10000 */
  graceMs?: number;
}

export interface RouteHealth {
  healthy: boolean;
  message?: string;
}
