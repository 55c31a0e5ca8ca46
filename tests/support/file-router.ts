import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import type { EdgeRouter, RouteConfig, RouteInfo } from '@project-runner/core';

type Routes = Record<string, RouteInfo>;

/** The routes in the file of a `fileRouter`, by deployment. */
export function routesIn(file: string): Routes {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Routes) : {};
}

/** A router that outlives the runner that asks it. A change is in the file before `onChange`, and answered after it. */
export function fileRouter(file: string, onChange: (routes: Routes) => Promise<void>): EdgeRouter {
  const write = async (routes: Routes): Promise<void> => {
    writeFileSync(file, JSON.stringify(routes));
    await onChange(routes);
  };
  const change = async (id: string, route: Partial<RouteConfig>): Promise<RouteInfo> => {
    const info = { ...routesIn(file)[id], ...route, routeId: id } as RouteInfo;
    await write({ ...routesIn(file), [id]: info });
    return info;
  };
  return {
    registerRoute: (route) => change(route.deploymentId, route),
    updateRoute: change,
    async removeRoute(id) {
      const { [id]: _, ...rest } = routesIn(file);
      await write(rest);
    },
    getRoute: (id) => Promise.resolve(routesIn(file)[id]),
    listRoutes: () => Promise.resolve(Object.values(routesIn(file))),
    checkRouteHealth: () => Promise.resolve({ healthy: true }),
  };
}
