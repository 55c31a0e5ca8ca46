import type { EdgeRouter, RouteConfig, RouteInfo } from '@project-runner/core';

export interface MemoryRouter extends EdgeRouter {
  /** By deployment. */
  routes: Map<string, RouteInfo>;
  /** Makes every change wait for ever. */
  hangs: boolean;
}

/** Keeps routes in memory; a change is over when `onChange` is. */
export function memoryRouter(
  onChange: (route: RouteConfig) => Promise<void> = () => Promise.resolve(),
): MemoryRouter {
  const routes = new Map<string, RouteInfo>();
  const pass = (): Promise<void> => (router.hangs ? new Promise(() => undefined) : Promise.resolve());
  const change = async (config: RouteConfig): Promise<RouteInfo> => {
    await pass();
    const info = { ...config, routeId: config.deploymentId };
    routes.set(config.deploymentId, info);
    await onChange(config);
    return info;
  };
  const router: MemoryRouter = {
    routes,
    hangs: false,
    registerRoute: change,
    updateRoute: (id, config) => change({ ...routes.get(id), ...config } as RouteConfig),
    async removeRoute(id) {
      await pass();
      routes.delete(id);
    },
    getRoute: (id) => Promise.resolve(routes.get(id)),
    listRoutes: () => Promise.resolve([...routes.values()]),
    checkRouteHealth: () => Promise.resolve({ healthy: true }),
  };
  return router;
}
