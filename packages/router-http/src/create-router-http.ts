import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';

import { ProjectRunnerError } from '@project-runner/core';
import type { RouteInfo } from '@project-runner/core';

import { createAccessLog } from './access-log.ts';
import { loadCertificates } from './certificates.ts';
import type { Certificates } from './certificates.ts';
import { checkTargetHealth } from './check-target-health.ts';
import { ClientConnections } from './client-connections.ts';
import { collectStats } from './collect-stats.ts';
import { createServer } from './create-server.ts';
import { EdgeRoutes } from './edge-routes.ts';
import { openServers } from './open-servers.ts';
import type { OpenServers } from './open-servers.ts';
import { PublicUrls } from './public-urls.ts';
import { createRequestHandler } from './request-handler.ts';
import { resolveOptions } from './resolve-options.ts';
import type { Route } from './route.ts';
import type { RouterHttp } from './router-http.ts';
import type { RouterHttpOptions } from './router-http-options.ts';
import { safeLogger } from './safe-logger.ts';
import { WaitingRooms } from './waiting-rooms.ts';

/** @throws ProjectRunnerError `CONFIG_INVALID`, `PLUGIN_INVALID` */
export function createRouterHttp(written: RouterHttpOptions = {}): RouterHttp {
  const options = resolveOptions(written);
  const logger = safeLogger(options.logger);
  const urls = new PublicUrls(options);
  const connections = new ClientConnections(options.limits.maxConnections);
  const accessLog = createAccessLog(options.accessLog, logger);
  const routes: EdgeRoutes = new EdgeRoutes({
    routesFile: options.routesFile,
    onChange: (subdomain) => rooms.changed(subdomain),
    onRemoved: (deploymentId) => accessLog.forget(deploymentId),
  });
  const describe = ({ stored }: Route): RouteInfo => ({ ...stored, publicUrl: urls.of(stored.subdomain) });
  const rooms: WaitingRooms = new WaitingRooms({ hold: options.hold, wake: options.wake, describe, logger });
  const told = (route: Route): RouteInfo => {
    const info = describe(route);
    if (info.tls && urls.protocol === 'http') {
      logger.warn(`The route of ${info.subdomain} asks for TLS, which this router has no certificate for`);
    }
    return info;
  };
  let unrouted = 0;
  let certificates: Certificates | null = null;
  let listening: Promise<OpenServers> | null = null;
  let open: OpenServers | null = null;
  let closing: Promise<void> | null = null;

  const handlers = createRequestHandler({
    ...options,
    logger,
    connections,
    rooms,
    table: routes.table,
    wakes: options.wake !== null,
    isClosing: () => closing !== null,
    baseUrl: () => urls.of(''),
    links: options.listing ? () => urls.links(routes.table) : null,
    onEnd({ exchange, entry }) {
      if (!exchange.route) unrouted += 1;
      if (options.accessLog.length > 0) accessLog.write(entry());
    },
  });

  const start = async (): Promise<OpenServers> => {
    routes.open();
    if (options.tls) certificates = await loadCertificates(options.tls);
    const current = (): Certificates => certificates as Certificates;
    const create = (): Server => createServer(options.limits, options.tls ? current : null, handlers);
    open = await openServers(create, options.hosts, options.port, (error) =>
      logger.error('The router could not accept a connection', error),
    );
    urls.listens(open.port);
    return open;
  };

  const end = async (graceMs: number): Promise<void> => {
    await listening?.catch(() => undefined);
    for (const server of open?.servers ?? []) server.close();
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => (timer = setTimeout(resolve, graceMs)));
    await Promise.race([connections.close(), grace]);
    clearTimeout(timer);
    connections.destroy();
    await routes.close();
    await accessLog.close();
  };

  return {
    async listen() {
      mustBeOpen(closing);
      if (listening) throw new TypeError('The router listens already');
      listening = start();
      listening.catch(() => (listening = null));
      const { port, hosts } = await listening;
      return { port, hosts, url: urls.of('') };
    },
    close({ graceMs = 10_000 } = {}) {
      closing ??= end(graceMs);
      return closing;
    },
    async reloadTls(tls = options.tls ?? undefined) {
      mustBeOpen(closing);
      if (!options.tls || !tls) throw new TypeError('The router was made without tls');
      certificates = await loadCertificates(tls);
      for (const server of open?.servers ?? []) {
        if ('setSecureContext' in server) (server as TlsServer).setSecureContext(certificates.byDefault);
      }
    },
    getStats: () => collectStats({ connections, unrouted, rooms, table: routes.table }),
    registerRoute: async (config) => told(await routes.register(config)),
    updateRoute: async (routeId, config) => told(await routes.update(routeId, config)),
    removeRoute: (routeId) => routes.remove(routeId),
    setRoutePaused: (routeId, isPaused) => routes.setPaused(routeId, isPaused),
    removeIdleRoute: (routeId) => routes.removeIdle(routeId),
    async getRoute(deploymentId) {
      routes.open();
      const route = routes.table.byDeployment(deploymentId);
      return route ? describe(route) : null;
    },
    async listRoutes(projectId) {
      routes.open();
      return routes.table
        .all()
        .filter(({ stored }) => stored.projectId === projectId)
        .map(describe);
    },
    async checkRouteHealth(routeId) {
      routes.open();
      const { isPaused, target } = routes.mustGet(routeId);
      // Its port accepts, and nobody would answer.
      if (isPaused) return { healthy: false, message: 'The route is paused' };
      return checkTargetHealth(target, options.healthPath);
    },
  };
}

function mustBeOpen(closing: Promise<void> | null): void {
  if (closing)
    throw new ProjectRunnerError('ROUTER_CLOSED', 'The router was closed', { hint: 'Make a new one' });
}
