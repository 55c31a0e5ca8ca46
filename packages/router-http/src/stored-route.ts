import type { RouteConfig } from '@project-runner/core';

import { wrong } from './check-value.ts';
import { isDomain } from './host-name.ts';

/** A route as kept in the file. */
export interface StoredRoute extends RouteConfig {
  routeId: string;
}

/** The known fields, checked and in their usual form. @throws ProjectRunnerError `CONFIG_INVALID` */
export function checkRoute(route: StoredRoute): StoredRoute {
  const { routeId, deploymentId, projectId, targetHost, targetPort, tls } = route;
  for (const [key, value] of Object.entries({ routeId, deploymentId, projectId, targetHost })) {
    if (typeof value !== 'string' || value === '') throw wrong(key, value, 'a string that is not empty');
  }
  const subdomain = typeof route.subdomain === 'string' ? route.subdomain.toLowerCase() : '';
  if (!isDomain(subdomain)) {
    throw wrong('subdomain', route.subdomain, 'letters, digits and inner hyphens, at most 63 between dots');
  }
  if (!Number.isInteger(targetPort) || targetPort < 1 || targetPort > 65_535) {
    throw wrong('targetPort', targetPort, 'a whole number from 1 to 65535');
  }
  if (tls !== undefined && typeof tls !== 'boolean') throw wrong('tls', tls, 'true or false');
  return {
    routeId,
    deploymentId,
    projectId,
    subdomain,
    targetHost: targetHost.replace(/^\[(.+)\]$/, '$1'),
    targetPort,
    ...(tls === undefined ? {} : { tls }),
  };
}
