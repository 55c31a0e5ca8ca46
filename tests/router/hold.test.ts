import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';

import type { WakeRequest } from '@project-runner/router-http';
import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { idleStats } from '../support/idle-stats.ts';
import { rawConnection, rawRequest } from '../support/raw-http.ts';
import { targetServer } from '../support/target-server.ts';
import { testRouter } from '../support/test-router.ts';

const get = 'GET / HTTP/1.1\r\nHost: app.localhost\r\nConnection: close\r\n\r\n';

async function post(port: number, body: string): Promise<string> {
  const outgoing = httpRequest({
    port,
    host: '127.0.0.1',
    method: 'POST',
    headers: { host: 'app.localhost' },
  });
  outgoing.end(body);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  return `${incoming.statusCode} ${Buffer.concat(await incoming.toArray()).toString()}`;
}

/** A port that refuses. */
async function freePort(): Promise<number> {
  const target = await targetServer();
  await target.close();
  return target.port;
}

describe('a request for a server that restarts', () => {
  it('is held, and goes to the server when it is back, with its body, once', async () => {
    const port = await freePort();
    const { port: routerPort, lead, router } = await testRouter();
    await lead('app', port);
    const body = 'x'.repeat(300_000);
    const answers = Promise.all(Array.from({ length: 20 }, () => post(routerPort, body)));
    await eventually(
      () => router.getStats().held,
      (held) => held === 20,
    );
    let requests = 0;
    await targetServer(
      async (request, response) => {
        requests += 1;
        response.end(`got ${Buffer.concat(await request.toArray()).length}`);
      },
      { port },
    );
    expect(await answers).toEqual(Array.from({ length: 20 }, () => '200 got 300000'));
    expect(requests).toBe(20);
    expect(await idleStats(router)).toMatchObject({
      held: 0,
      deployments: [{ requests: 20, errors: 0, inFlight: 0 }],
    });
  });

  it('goes to another server as soon as the route leads there', async () => {
    const { port, lead, router } = await testRouter();
    const { routeId } = await lead('app', await freePort());
    const answer = rawRequest(port, get);
    await eventually(
      () => router.getStats().held,
      (held) => held === 1,
    );
    const target = await targetServer();
    await router.updateRoute(routeId, { targetPort: target.port });
    expect(await answer).toContain(' 200 OK');
  });

  it('is answered when the route goes', async () => {
    const { port, lead, router } = await testRouter();
    const { routeId } = await lead('app', await freePort());
    const answer = rawRequest(port, get);
    await eventually(
      () => router.getStats().held,
      (held) => held === 1,
    );
    await router.removeRoute(routeId);
    expect(await answer).toMatch(/ 404 Not Found/);
  });

  it('waits a bounded time', async () => {
    const { port, lead, router } = await testRouter({ hold: { timeoutMs: 100 } });
    await lead('app', await freePort());
    expect(await rawRequest(port, get)).toMatch(/^HTTP\/1\.1 503 .*Retry-After: 5/s);
    expect(router.getStats()).toMatchObject({ held: 0, deployments: [{ requests: 1, errors: 1 }] });
  });

  it('waits with a bounded number of others', async () => {
    const { port, lead, router } = await testRouter({ hold: { maxRequests: 2 } });
    await lead('app', await freePort());
    const held = [rawConnection(port, get), rawConnection(port, get)];
    await eventually(
      () => router.getStats().held,
      (count) => count === 2,
    );
    expect(await rawRequest(port, get)).toMatch(/^HTTP\/1\.1 503 .*Retry-After: 1/s);
    for (const { socket } of held) socket.destroy();
    await eventually(
      () => router.getStats().held,
      (count) => count === 0,
    );
    expect((await idleStats(router)).deployments).toMatchObject([{ inFlight: 0, clientGone: 2 }]);
  });
});

describe('a request for a paused route', () => {
  it('is held although the port accepts, until the route goes on', async () => {
    const target = await targetServer();
    const { port, lead, router } = await testRouter();
    const { routeId } = await lead('app', target.port);
    await router.setRoutePaused(routeId, true);
    await router.setRoutePaused(routeId, true);
    const answer = rawRequest(port, get);
    await eventually(
      () => router.getStats().held,
      (held) => held === 1,
    );
    expect(target.open.size).toBe(0);
    await router.setRoutePaused(routeId, false);
    expect(await answer).toContain(' 200 OK');
  });

  it('goes to the server that a change of the route leads to, be it the same address', async () => {
    const target = await targetServer();
    const { port, lead, router } = await testRouter();
    const { routeId } = await lead('app', target.port);
    await router.setRoutePaused(routeId, true);
    const answer = rawRequest(port, get);
    await eventually(
      () => router.getStats().held,
      (held) => held === 1,
    );
    await router.updateRoute(routeId, { targetPort: target.port });
    expect(await answer).toContain(' 200 OK');
    expect(await rawRequest(port, get)).toContain(' 200 OK');
  });

  it('waits for the resume too where it began to wait for a port that refused', async () => {
    const port = await freePort();
    const { port: routerPort, lead, router } = await testRouter();
    const { routeId } = await lead('app', port);
    const answer = rawRequest(routerPort, get);
    await eventually(
      () => router.getStats().held,
      (held) => held === 1,
    );
    await router.setRoutePaused(routeId, true);
    const target = await targetServer(undefined, { port });
    await router.setRoutePaused(routeId, false);
    expect(await answer).toContain(' 200 OK');
    expect(target.open.size).toBeLessThanOrEqual(1);
  });

  it('waits a bounded time, with a bounded number of others', async () => {
    const target = await targetServer();
    const { port, lead, router } = await testRouter({ hold: { timeoutMs: 300, maxRequests: 1 } });
    const { routeId } = await lead('app', target.port);
    await router.setRoutePaused(routeId, true);
    const answer = rawRequest(port, get);
    await eventually(
      () => router.getStats().held,
      (held) => held === 1,
    );
    expect(await rawRequest(port, get)).toMatch(/^HTTP\/1\.1 503 .*Retry-After: 1/s);
    expect(await answer).toMatch(/^HTTP\/1\.1 503 .*Retry-After: 5/s);
    expect(router.getStats().held).toBe(0);
  });

  it('wakes once, and waits to be told', async () => {
    const target = await targetServer();
    let calls = 0;
    let wake: () => Promise<void> = () => Promise.resolve();
    const { port, lead, router } = await testRouter({ wake: () => ((calls += 1), wake()) });
    const { routeId } = await lead('app', target.port);
    await router.setRoutePaused(routeId, true);
    const answer = rawRequest(port, get);
    await eventually(
      () => router.getStats().held,
      (held) => held === 1,
    );
    await router.setRoutePaused(routeId, false);
    expect(await answer).toContain(' 200 OK');
    expect(calls).toBe(1);
    await router.setRoutePaused(routeId, true);
    wake = () => Promise.reject(new Error('given up'));
    expect(await rawRequest(port, get)).toMatch(/^HTTP\/1\.1 503 .*Retry-After: 5/s);
  });

  it('is answered when the route goes; an unknown route cannot be paused', async () => {
    const target = await targetServer();
    const { port, lead, router } = await testRouter();
    const { routeId } = await lead('app', target.port);
    await router.setRoutePaused(routeId, true);
    const answer = rawRequest(port, get);
    await eventually(
      () => router.getStats().held,
      (held) => held === 1,
    );
    await router.removeRoute(routeId);
    expect(await answer).toMatch(/ 404 Not Found/);
    await expect(router.setRoutePaused(routeId, true)).rejects.toMatchObject({ code: 'ROUTE_NOT_FOUND' });
  });
});

describe('wake', () => {
  it('starts an unknown server for all who ask for it, once', async () => {
    const asked: WakeRequest[] = [];
    const target = await targetServer();
    let start: () => void = () => undefined;
    const { port, lead, router } = await testRouter({
      wake: async (request) => {
        asked.push(request);
        await new Promise<void>((resolve) => (start = resolve));
        await lead(request.subdomain, target.port);
      },
    });
    const answers = [1, 2, 3].map(() => rawRequest(port, get.replace('app', 'APP')));
    await eventually(
      () => router.getStats().held,
      (held) => held === 3,
    );
    start();
    for (const answer of await Promise.all(answers)) expect(answer).toContain(' 200 OK');
    expect(asked).toMatchObject([{ subdomain: 'app', reason: 'unknown', route: null }]);
    expect((await idleStats(router)).deployments).toMatchObject([{ requests: 3, errors: 0, inFlight: 0 }]);
  });

  it('lets requests go as soon as there is a route', async () => {
    const target = await targetServer();
    const { port, lead } = await testRouter({
      wake: async ({ subdomain }) => {
        await lead(subdomain, target.port);
        await new Promise(() => undefined);
      },
    });
    expect(await rawRequest(port, get)).toContain(' 200 OK');
  });

  it('is told of a route whose server refuses, and need not move it', async () => {
    const asked: WakeRequest[] = [];
    const port = await freePort();
    const { port: routerPort, lead } = await testRouter({
      wake: async (request) => {
        asked.push(request);
        await targetServer(undefined, { port });
      },
    });
    const { routeId } = await lead('app', port);
    expect(await rawRequest(routerPort, get)).toContain(' 200 OK');
    expect(asked).toMatchObject([{ reason: 'refused', route: { routeId, deploymentId: 'app' } }]);
  });

  it('of a server that ends before a request reaches it is a 503, not an unknown name', async () => {
    const { port, lead, router } = await testRouter({
      wake: async ({ subdomain, signal }) => {
        const { routeId } = await lead(subdomain, await freePort());
        // It was there, and is looked for again; then its runner gives it up.
        if (!signal.aborted) await once(signal, 'abort');
        await router.removeRoute(routeId);
      },
    });
    expect(await rawRequest(port, get)).toMatch(/^HTTP\/1\.1 503 .*Retry-After: 5.*ended at once/s);
  });

  it('may know nothing, fail, or take too long', async () => {
    let answer: () => Promise<void> = () => Promise.resolve();
    let signal: AbortSignal | undefined;
    let calls = 0;
    const { port, lead, errors } = await testRouter({
      wake: (request) => {
        calls += 1;
        signal = request.signal;
        return answer();
      },
      hold: { wakeTimeoutMs: 200 },
    });
    expect(await rawRequest(port, get)).toMatch(/^HTTP\/1\.1 404 /);
    answer = () => Promise.reject(new Error('no build'));
    expect(await rawRequest(port, get)).toMatch(/^HTTP\/1\.1 503 .*Retry-After/s);
    expect(errors).toEqual(['Nothing could be started for app']);
    answer = () => {
      throw new Error('at once');
    };
    expect(await rawRequest(port, get)).toMatch(/^HTTP\/1\.1 503 /);
    answer = () => new Promise(() => undefined);
    expect(await rawRequest(port, get)).toMatch(/^HTTP\/1\.1 503 /);
    expect(signal?.aborted).toBe(true);
    expect(calls).toBe(4);
    // What was woken in vain is not woken in a circle.
    answer = () => Promise.resolve();
    await lead('app', await freePort());
    expect(await rawRequest(port, get)).toMatch(/^HTTP\/1\.1 503 /);
    expect(calls).toBe(5);
  });

  it('is told when nobody waits any more', async () => {
    let signal: AbortSignal | undefined;
    const { port } = await testRouter({
      wake: (request) => {
        signal = request.signal;
        return new Promise(() => undefined);
      },
    });
    const client = rawConnection(port, get);
    await eventually(
      () => signal?.aborted,
      (aborted) => aborted === false,
    );
    client.socket.destroy();
    await eventually(
      () => signal?.aborted,
      (aborted) => aborted === true,
    );
    expect(signal?.reason).toBeInstanceOf(Error);
  });

  it('is not asked for the base domain, nor for foreign hosts', async () => {
    let calls = 0;
    const { port } = await testRouter({ wake: () => Promise.reject(new Error(String((calls += 1)))) });
    for (const host of ['localhost', 'evil.example'])
      await rawRequest(port, get.replace('app.localhost', host));
    expect(calls).toBe(0);
  });
});
