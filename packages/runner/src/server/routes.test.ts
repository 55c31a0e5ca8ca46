import type { EdgeRouter, RouteConfig, RouteInfo } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { createRoutes } from './routes.ts';

const config: RouteConfig = {
  deploymentId: 'd',
  projectId: 'p',
  subdomain: 'shop',
  targetHost: '127.0.0.1',
  targetPort: 4000,
};
const target = { host: '127.0.0.1', port: 4000 };
const { signal } = new AbortController();

/** A router that notes its calls; those named in `broken` throw or hang. */
function fakeRouter(broken: Partial<Record<keyof EdgeRouter, 'throws' | 'hangs'>> = {}) {
  const calls: string[] = [];
  let known: RouteInfo | null = null;
  const does = async (name: keyof EdgeRouter, detail: string | number = ''): Promise<void> => {
    calls.push(`${name} ${detail}`.trim());
    if (broken[name] === 'throws') throw new Error('router down');
    if (broken[name] === 'hangs') await new Promise(() => undefined);
  };
  const keep = (route: RouteConfig): RouteInfo => (known = { ...route, routeId: 'r' });
  const router: EdgeRouter = {
    registerRoute: (route) => does('registerRoute', route.targetPort).then(() => keep(route)),
    updateRoute: (id, route) => does('updateRoute', id).then(() => keep({ ...config, ...route })),
    removeRoute: (id) => does('removeRoute', id).then(() => void (known = null)),
    getRoute: () => does('getRoute').then(() => known),
    listRoutes: () => Promise.resolve([]),
    checkRouteHealth: () => Promise.resolve({ healthy: true }),
  };
  return { router, calls, broken };
}

function routesOf(router: EdgeRouter | undefined, closing?: AbortSignal) {
  const errors: string[] = [];
  const error = (message: string): void => void errors.push(message);
  const logger = { debug() {}, info() {}, warn() {}, error };
  const options = { logger, deadlineMs: 30, retryMs: 5, ...(closing ? { signal: closing } : {}) };
  return { errors, ...createRoutes({ getRouter: () => router, ...options }) };
}

describe('createRoutes', () => {
  it('registers a route, then updates it, then removes it', async () => {
    const { router, calls } = fakeRouter();
    const routes = routesOf(router);
    await routes.point(config, signal);
    await routes.point({ ...config, targetPort: 4001 }, signal);
    await routes.remove('d', [target, { ...target, port: 4001 }]);
    expect(calls.join()).toBe('getRoute,registerRoute 4000,getRoute,updateRoute r,getRoute,removeRoute r');
  });

  it('is not taken away by a server that shares its address with the one that has it now', async () => {
    const { router, calls } = fakeRouter();
    const routes = routesOf(router);
    await routes.point(config, signal);
    let isElsewhere = false;
    const moving = routes.point(config, signal, () => (isElsewhere = true));
    // It is stopped while the route is being moved, to the very address that it has.
    await Promise.all([moving, routes.remove('d', [target], () => !isElsewhere)]);
    expect(calls).not.toContain('removeRoute r');
    expect(await router.getRoute('d')).toMatchObject({ targetPort: 4000 });
  });

  it('does not count as moved where the router fails', async () => {
    const { router } = fakeRouter({ registerRoute: 'throws' });
    let moved = false;
    const moving = routesOf(router).point(config, signal, () => (moved = true));
    await expect(moving).rejects.toMatchObject({ code: 'ROUTE_FAILED' });
    expect(moved).toBe(false);
  });

  it('leaves a route alone that leads to another server by now', async () => {
    const { router, calls } = fakeRouter();
    const routes = routesOf(router);
    await routes.point({ ...config, targetPort: 4001 }, signal);
    await routes.remove('d', [target]);
    expect(calls).not.toContain('removeRoute r');
    await routes.remove('d', [{ host: '::1', port: 4001 }]);
    expect(calls).not.toContain('removeRoute r');
  });

  it('lets a route follow a server to its new address, and no other', async () => {
    const { router, calls } = fakeRouter();
    const routes = routesOf(router);
    await routes.point(config, signal);
    await routes.follow('d', { host: '::1', port: 4000 }, { ...target, port: 4009 }, signal);
    expect(calls).not.toContain('updateRoute r');
    await routes.follow('d', target, { ...target, port: 4001 }, signal);
    expect(await router.getRoute('d')).toMatchObject({ subdomain: 'shop', targetPort: 4001 });
  });

  it.each(['throws', 'hangs'] as const)('says that a router that %s could not let it follow', async (how) => {
    const { router } = fakeRouter({ getRoute: how });
    await expect(routesOf(router).follow('d', target, target, signal)).rejects.toMatchObject({
      code: 'ROUTE_FAILED',
      message: expect.stringContaining('lead the route of deployment d to 127.0.0.1:4000: ') as string,
    });
  });

  it('does nothing without a router', async () => {
    const routes = routesOf(undefined);
    await routes.point(config, signal);
    await routes.remove('d', [target]);
    expect(routes.errors).toEqual([]);
  });

  it.each(['throws', 'hangs'] as const)('names a router that %s when it points', async (how) => {
    const { router } = fakeRouter({ registerRoute: how });
    await expect(routesOf(router).point(config, signal)).rejects.toMatchObject({
      code: 'ROUTE_FAILED',
      message: expect.stringMatching(
        /point shop at 127\.0\.0\.1:4000: (router down|it did not answer within 30 ms)/,
      ) as string,
    });
  });

  it.each(['throws', 'hangs'] as const)('never rejects for a router that %s when it removes', async (how) => {
    const { router } = fakeRouter({ getRoute: how });
    const routes = routesOf(router);
    await routes.remove('d', [target]);
    expect(routes.errors).toEqual(['The route of deployment d could not be removed']);
  });

  it('ends with the reason of the signal, and the next change of the deployment waits for none', async () => {
    const { router, broken } = fakeRouter({ getRoute: 'hangs' });
    const routes = routesOf(router);
    const abort = new AbortController();
    const pointing = routes.point(config, abort.signal);
    abort.abort(new Error('closed'));
    await expect(pointing).rejects.toThrow('closed');
    delete broken.getRoute;
    await routes.point(config, signal);
    expect(await router.getRoute('d')).toMatchObject({ targetPort: 4000 });
  });

  it('changes routes of one deployment in the order of the calls', async () => {
    const { router, calls } = fakeRouter();
    const routes = routesOf(router);
    await Promise.all([
      routes.point(config, signal),
      routes.remove('d', [target]),
      routes.point({ ...config, targetPort: 4002 }, signal),
    ]);
    expect(calls.filter((call) => call !== 'getRoute')).toEqual([
      'registerRoute 4000',
      'removeRoute r',
      'registerRoute 4002',
    ]);
  });
});

/** A router whose first answer to `slow` comes only when it is let go. */
function lateRouter(slow: 'getRoute' | 'setRoutePaused') {
  const gate = Promise.withResolvers<void>();
  let isFirst = true;
  const answer = async (name: typeof slow): Promise<void> => {
    if (name !== slow || !isFirst) return;
    isFirst = false;
    await gate.promise;
  };
  let isPaused = false;
  const router: EdgeRouter = {
    ...fakeRouter().router,
    getRoute: () => answer('getRoute').then(() => ({ ...config, routeId: 'r' })),
    setRoutePaused: (_id, wanted) => answer('setRoutePaused').then(() => void (isPaused = wanted)),
  };
  return {
    router,
    isPaused: () => isPaused,
    async letGo() {
      gate.resolve();
      await new Promise(setImmediate);
    },
  };
}

describe.each(['getRoute', 'setRoutePaused'] as const)('a pause whose %s is answered late', (slow) => {
  it('does not stay for a server that is back', async () => {
    const { router, isPaused, letGo } = lateRouter(slow);
    const routes = routesOf(router);
    let isAway = true;
    const pausing = routes.pause('d', target, true, () => isAway);
    await expect(pausing).rejects.toMatchObject({ code: 'ROUTE_FAILED' });
    isAway = false;
    await routes.pause('d', target, false, () => !isAway);
    await letGo();
    expect(isPaused()).toBe(false);
  });

  it('does not stay for the next server of the deployment, which has the same address', async () => {
    const { router, isPaused, letGo } = lateRouter(slow);
    const routes = routesOf(router);
    let isElsewhere = false;
    const pausing = routes.pause('d', target, true, () => !isElsewhere);
    await expect(pausing).rejects.toMatchObject({ code: 'ROUTE_FAILED' });
    await routes.point(config, signal, () => (isElsewhere = true));
    await letGo();
    expect(isPaused()).toBe(false);
  });

  it('stays as long as the server is away', async () => {
    const { router, isPaused, letGo } = lateRouter(slow);
    const routes = routesOf(router);
    await expect(routes.pause('d', target, true, () => true)).rejects.toMatchObject({ code: 'ROUTE_FAILED' });
    await letGo();
    expect(isPaused()).toBe(true);
  });
});

it('a late answer to a resume does not undo a newer pause', async () => {
  const { router, isPaused, letGo } = lateRouter('setRoutePaused');
  const routes = routesOf(router);
  const resuming = routes.pause('d', target, false, () => true);
  await expect(resuming).rejects.toMatchObject({ code: 'ROUTE_FAILED' });
  await routes.pause('d', target, true, () => true);
  await letGo();
  expect(isPaused()).toBe(true);
});

/** The first pause is carried out late, and what is asked after it is refused `refusals` times. */
function refusingRouter(refusals: number, mood: 'refuses' | 'hangs' = 'refuses') {
  const late = lateRouter('setRoutePaused');
  const asked: boolean[] = [];
  let left = refusals;
  const router: EdgeRouter = {
    ...late.router,
    async setRoutePaused(id, wanted) {
      asked.push(wanted);
      const isRefused = asked.length > 1 && left > 0;
      if (isRefused) left -= 1;
      if (isRefused && mood === 'refuses') throw new Error('not now');
      if (isRefused) await new Promise(() => undefined);
      await late.router.setRoutePaused?.(id, wanted);
    },
  };
  return { ...late, router, asked };
}

describe('a router that does not put a late pause right', () => {
  async function leftPaused(routes: ReturnType<typeof routesOf>, letGo: () => Promise<void>): Promise<void> {
    let isAway = true;
    await expect(routes.pause('d', target, true, () => isAway)).rejects.toMatchObject({
      code: 'ROUTE_FAILED',
    });
    isAway = false;
    await letGo();
  }

  it.each(['refuses', 'hangs'] as const)('is asked again, where it %s', async (mood) => {
    const { router, isPaused, letGo } = refusingRouter(3, mood);
    const routes = routesOf(router);
    await leftPaused(routes, letGo);
    expect(isPaused()).toBe(true);
    await expect.poll(isPaused).toBe(false);
  });

  it('tells of it once, and does what is wanted when it is asked', async () => {
    const { router, isPaused, asked, letGo } = refusingRouter(3);
    const routes = routesOf(router);
    await leftPaused(routes, letGo);
    await routes.pause('d', target, true, () => true).catch(() => undefined);
    await expect.poll(() => asked.length).toBeGreaterThanOrEqual(5);
    await expect.poll(isPaused).toBe(true);
    expect(asked.slice(2)).not.toContain(false);
    expect(routes.errors).toHaveLength(1);
  });

  it('is left alone when the runner is closed', async () => {
    const { router, isPaused, asked, letGo } = refusingRouter(Infinity);
    const closing = new AbortController();
    const routes = routesOf(router, closing.signal);
    await leftPaused(routes, letGo);
    await expect.poll(() => asked.length).toBeGreaterThan(3);
    closing.abort();
    const before = asked.length;
    // Longer than the longest of its pauses until now.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(asked.length).toBe(before);
    expect(isPaused()).toBe(true);
  });
});
