import { setTimeout as delay } from 'node:timers/promises';

import type { RouteInfo } from '@project-runner/core';
import { expect, it, onTestFinished } from 'vitest';

import type { ActivatorRouter } from './activator-router.ts';
import type { EvictedRequests } from './evict.ts';
import { IdleEviction } from './idle-eviction.ts';
import type { IdleServer } from './idle-eviction.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** The requests of an idle server on port 4000, as its eviction gets them. */
async function evicted(change: Partial<ActivatorRouter> = {}) {
  let known: RouteInfo | null = {
    routeId: 'r1',
    deploymentId: 'shop',
    projectId: 'shop',
    subdomain: 'shop',
    targetHost: '127.0.0.1',
    targetPort: 4000,
  };
  const router: ActivatorRouter = {
    registerRoute: (route) => Promise.resolve((known = { ...route, routeId: 'r2' })),
    updateRoute: (_id, route) => Promise.resolve((known = { ...(known as RouteInfo), ...route })),
    removeRoute: () => Promise.resolve(void (known = null)),
    removeIdleRoute: () => Promise.resolve(((known = null), true)),
    getRoute: () => Promise.resolve(known),
    listRoutes: () => Promise.resolve([]),
    checkRouteHealth: () => Promise.resolve({ healthy: true }),
    ...change,
  };
  const asked = Promise.withResolvers<EvictedRequests>();
  const server: IdleServer = {
    projectId: 'shop',
    address: { host: '127.0.0.1', port: 4000 },
    lastUsedAt: null,
    isDown: false,
    isServing: true,
    evict: (requests) => (asked.resolve(requests), Promise.resolve(true)),
  };
  const eviction = new IdleEviction({
    router,
    logger: silent,
    servers: () => [server],
    idleTimeoutMs: () => 1,
    isHeld: () => false,
  });
  onTestFinished(() => eviction.close());
  eviction.watch('shop');
  // Its own timer does not keep the process alive.
  const [requests] = await Promise.all([asked.promise, delay(1)]);
  return {
    requests,
    router,
    route: () => known,
    moves: (port: number) => Object.assign(server, { address: { host: '127.0.0.1', port } }),
  };
}

it('gives the route back to where the server is by then', async () => {
  const { requests, route, moves } = await evicted();
  expect(await requests.takeAway()).toBe(true);
  expect(route()).toBeNull();
  moves(4002);
  expect(await requests.giveBack()).toBe(true);
  expect(route()).toMatchObject({ subdomain: 'shop', targetPort: 4002 });
});

it('leads the route on where the server moves while it is given back', async () => {
  const registering = Promise.withResolvers<void>();
  const { requests, router, route, moves } = await evicted();
  const register = router.registerRoute;
  router.registerRoute = (config) => registering.promise.then(() => register(config));
  await requests.takeAway();
  const given = requests.giveBack();
  moves(4004);
  registering.resolve();
  expect(await given).toBe(true);
  expect(route()).toMatchObject({ targetPort: 4004 });
});

it('cuts off what was given back to a server that ended, and nothing that was never taken', async () => {
  const { requests, route } = await evicted();
  await requests.cutOff();
  expect(route()).not.toBeNull();
  await requests.takeAway();
  await requests.giveBack();
  await requests.cutOff();
  expect(route()).toBeNull();
});
