import { randomUUID } from 'node:crypto';

import type { EdgeRouter, RouteConfig, RouteInfo } from '@project-runner/core';

/** An edge router that only remembers, with the rules that real ones have: registering a deployment twice throws. */
export function memoryRouter(): EdgeRouter {
  const routes = new Map<string, RouteInfo>();
  const find = (deploymentId: string): RouteInfo | undefined =>
    [...routes.values()].find((route) => route.deploymentId === deploymentId);
  return {
    async registerRoute(config: RouteConfig) {
      if (find(config.deploymentId)) throw new Error(`Deployment ${config.deploymentId} has a route already`);
      const route = { ...config, routeId: randomUUID(), publicUrl: `http://${config.subdomain}.localhost` };
      routes.set(route.routeId, route);
      return route;
    },
    async updateRoute(routeId, config) {
      const known = routes.get(routeId);
      if (!known) throw new Error(`No route ${routeId}`);
      const route = { ...known, ...config };
      routes.set(routeId, route);
      return route;
    },
    async removeRoute(routeId) {
      if (!routes.delete(routeId)) throw new Error(`No route ${routeId}`);
    },
    getRoute: async (deploymentId) => find(deploymentId) ?? null,
    listRoutes: async (projectId) => [...routes.values()].filter((route) => route.projectId === projectId),
    checkRouteHealth: async (routeId) => ({ healthy: routes.has(routeId) }),
  };
}
