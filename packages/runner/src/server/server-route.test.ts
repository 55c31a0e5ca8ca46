import { EventEmitter } from 'node:events';

import type { EdgeRouter, RouteInfo } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { KeptState } from './kept-state.ts';
import { createRoutes } from './routes.ts';
import { ServerRoute } from './server-route.ts';
import { createStateStore } from './state-store.ts';
import { storedServer } from './stored-server.test-support.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const probeSocket = '/run/server-1/http';
const address = { host: '127.0.0.1', port: 4000 };
const config = {
  deploymentId: 'd',
  projectId: 'p',
  subdomain: 'shop',
  targetHost: address.host,
  targetPort: address.port,
};

/** A router that pauses, and servers whose routes it has. */
function routed(change: Partial<EdgeRouter> = {}) {
  const calls: string[] = [];
  let known: RouteInfo | null = { ...config, routeId: 'r' };
  const router: EdgeRouter = {
    registerRoute: (route) => Promise.resolve((known = { ...route, routeId: 'r' })),
    async updateRoute(_id, route) {
      calls.push(`update ${route.targetPort}`);
      return (known = { ...(known as RouteInfo), ...route });
    },
    removeRoute: () => Promise.resolve(void (known = null)),
    getRoute: () => Promise.resolve(known),
    listRoutes: () => Promise.resolve([]),
    checkRouteHealth: () => Promise.resolve({ healthy: true }),
    setRoutePaused: (_id, isPaused) => Promise.resolve(void calls.push(isPaused ? 'pause' : 'resume')),
    ...change,
  };
  const errors: string[] = [];
  const note = (message: string): void => void errors.push(message);
  const logger = { ...silent, warn: note, error: note };
  const routes = createRoutes({ getRouter: () => router, logger, deadlineMs: 30 });
  const stopping = new AbortController();
  const server = (changes: Parameters<typeof storedServer>[1] = {}) => {
    const store = createStateStore('/nowhere', silent);
    const context = { store, durable: false, logger, events: new EventEmitter<never>() };
    const kept = new KeptState(storedServer('server-1', changes), context);
    return { kept, route: new ServerRoute(kept, { routes, logger }, stopping.signal) };
  };
  return { server, calls, errors, stopping, routes };
}

describe('the route of a server on a held port', () => {
  it('is paused while the server is away, and goes on where it comes back', async () => {
    const { server, calls } = routed();
    const { route } = server({ probeSocket });
    await route.follow();
    calls.length = 0;
    await route.away();
    await route.follow();
    await route.follow();
    expect(calls).toEqual(['pause', 'resume']);
  });

  it('is resumed by the runner that takes the server over, as the one before may have paused it', async () => {
    const { server, calls } = routed();
    await server({ probeSocket }).route.follow();
    expect(calls).toEqual(['resume']);
  });

  it('is resumed also where the runner before was killed while it launched the server anew', async () => {
    const { server, calls } = routed();
    const { route, kept } = server({ probeSocket });
    await route.away();
    kept.beginRun({ ...address, env: {}, release: () => Promise.resolve() });
    const { route: adopted } = server({ ...kept.stored });
    await adopted.follow();
    expect(calls).toEqual(['pause', 'resume']);
  });

  it('is not paused for a server that is back before its turn comes', async () => {
    const { server, calls } = routed();
    const { route } = server({ probeSocket });
    await Promise.all([route.away(), route.follow()]);
    expect(calls).toEqual(['resume']);
  });

  it('follows to another port, which ends the pause', async () => {
    const { server, calls } = routed();
    const { route, kept } = server({ probeSocket });
    await route.away();
    kept.ready(address.host, 4001);
    await route.follow();
    await route.follow();
    expect(calls).toEqual(['pause', 'update 4001']);
  });

  it('is left alone once it leads to the next server, and paused when that one gives it back', async () => {
    const { server, calls } = routed();
    const { route } = server({ probeSocket });
    const next = server({ probeSocket, servesAt: null });
    route.movedAway();
    await route.away();
    expect(calls).toEqual([]);
    await next.route.giveBack(route);
    expect(calls).toEqual(['update 4000', 'pause']);
    await route.follow();
    expect(calls.at(-1)).toBe('resume');
  });

  it('is left alone when the server ends for good', async () => {
    const { server, calls } = routed();
    const { route } = server({ probeSocket });
    await Promise.all([route.away(), route.remove()]);
    expect(calls).toEqual([]);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('down'))],
    ['hangs', () => new Promise<void>(() => undefined)],
  ])('leaves a server alone whose router %s', async (_, setRoutePaused) => {
    const { server, errors } = routed({ setRoutePaused });
    await server({ probeSocket }).route.away();
    expect(errors).toEqual(['Server server-1 is away, and its router could not be told']);
  });
});

describe('the route of a server that binds its port', () => {
  it('is not paused: the router sees that the port refuses', async () => {
    const { server, calls } = routed();
    const { route } = server();
    // An earlier runner may have paused it when it was held.
    await route.follow();
    calls.length = 0;
    await route.away();
    await route.follow();
    expect(calls).toEqual([]);
  });
});
