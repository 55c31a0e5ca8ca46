import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { createRouterHttp } from '@project-runner/router-http';
import { describe, expect, it, onTestFinished } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { rawConnection, rawRequest } from '../support/raw-http.ts';
import { targetServer } from '../support/target-server.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { testRouter } from '../support/test-router.ts';

const get = 'GET / HTTP/1.1\r\nHost: app.localhost\r\nConnection: close\r\n\r\n';
const route = {
  deploymentId: 'd1',
  projectId: 'p1',
  subdomain: 'app',
  targetHost: '127.0.0.1',
  targetPort: 9,
};

describe('routes', () => {
  it('are found by deployment and by project, changed and removed by their own id', async () => {
    const { router, port } = await testRouter();
    const made = await router.registerRoute({ ...route, subdomain: 'APP', targetHost: '[::1]', tls: false });
    expect(made).toEqual({
      ...route,
      targetHost: '::1',
      tls: false,
      routeId: expect.any(String),
      publicUrl: `http://app.localhost:${port}`,
    });
    expect(await router.getRoute('d1')).toEqual(made);
    expect(await router.getRoute(made.routeId)).toBeNull();
    await router.registerRoute({ ...route, deploymentId: 'd2', subdomain: 'two' });
    await router.registerRoute({ ...route, deploymentId: 'd3', projectId: 'p2', subdomain: 'three' });
    expect((await router.listRoutes('p1')).map(({ deploymentId }) => deploymentId)).toEqual(['d1', 'd2']);
    const changed = await router.updateRoute(made.routeId, {
      targetPort: 10,
      subdomain: 'new',
      targetHost: undefined as never,
    });
    expect(changed).toEqual({
      ...made,
      targetPort: 10,
      subdomain: 'new',
      publicUrl: `http://new.localhost:${port}`,
    });
    expect(await rawRequest(port, get)).toContain(' 404 ');
    await router.removeRoute(made.routeId);
    await router.removeRoute(made.routeId);
    expect(await router.getRoute('d1')).toBeNull();
  });

  it('of one deployment or one subdomain are not two', async () => {
    const { router } = await testRouter();
    const both = await Promise.allSettled([router.registerRoute(route), router.registerRoute(route)]);
    expect(both).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'ROUTE_EXISTS' } },
    ]);
    await expect(router.registerRoute({ ...route, deploymentId: 'd2' })).rejects.toMatchObject({
      code: 'ROUTE_EXISTS',
      message: expect.stringContaining('d1'),
    });
    const two = await router.registerRoute({ ...route, deploymentId: 'd2', subdomain: 'two' });
    await expect(router.updateRoute(two.routeId, { subdomain: 'app' })).rejects.toMatchObject({
      code: 'ROUTE_EXISTS',
    });
    await expect(router.updateRoute(two.routeId, { deploymentId: 'd1' })).rejects.toMatchObject({
      code: 'ROUTE_EXISTS',
    });
    expect(await router.getRoute('d2')).toEqual(two);
    for (const call of [router.updateRoute('d1', {}), router.checkRouteHealth('d1')]) {
      await expect(call).rejects.toMatchObject({ code: 'ROUTE_NOT_FOUND' });
    }
  });

  it.each([
    { subdomain: '' },
    { subdomain: '-a' },
    { subdomain: 'a b' },
    { subdomain: 'a..b' },
    { subdomain: 'x'.repeat(64) },
    { targetPort: 0 },
    { targetPort: 1.5 },
    { targetHost: '' },
    { deploymentId: '' },
  ])('are refused with %j', async (wrong) => {
    const { router } = await testRouter();
    await expect(router.registerRoute({ ...route, ...wrong })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    expect(await router.listRoutes('p1')).toEqual([]);
  });

  it('say whether their server works', async () => {
    let status = 404;
    const paths: unknown[] = [];
    const target = await targetServer((request, response) => {
      paths.push(request.url);
      response.writeHead(status).end();
    });
    const { router, lead } = await testRouter({ healthPath: '/up' });
    const { routeId } = await lead('app', target.port);
    expect(await router.checkRouteHealth(routeId)).toEqual({ healthy: true });
    status = 500;
    expect(await router.checkRouteHealth(routeId)).toMatchObject({
      healthy: false,
      message: expect.stringContaining('returned status 500'),
    });
    expect(paths).toEqual(['/up', '/up']);
    await target.close();
    expect(await router.checkRouteHealth(routeId)).toMatchObject({
      healthy: false,
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

describe('the routes file', () => {
  it('brings routes back, with their ids', async () => {
    const routesFile = join(tempFolder(), 'deep', 'routes.json');
    const target = await targetServer();
    const first = await testRouter({ routesFile });
    const made = await first.router.registerRoute({ ...route, targetPort: target.port });
    await first.router.registerRoute({ ...route, deploymentId: 'd2', subdomain: 'two' });
    await first.router.updateRoute(made.routeId, { projectId: 'p9' });
    await first.router.removeRoute((await first.router.getRoute('d2'))?.routeId ?? '');
    await first.router.close({ graceMs: 0 });
    const second = await testRouter({ routesFile });
    expect(await second.router.getRoute('d1')).toMatchObject({
      ...made,
      projectId: 'p9',
      publicUrl: expect.any(String),
    });
    expect(await second.router.getRoute('d2')).toBeNull();
    expect(await rawRequest(second.port, get)).toContain(' 200 OK');
  });

  it('has every change that was answered, however the router ends', async () => {
    const dir = tempFolder();
    const routesFile = join(dir, 'routes.json');
    const child = spawn(
      process.execPath,
      [
        fileURLToPath(new URL('../fixtures/router-process.ts', import.meta.url)),
        JSON.stringify({ port: 0, routesFile }),
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await eventually(
      () => output,
      (text) => text.includes('registered 20\n'),
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    const answered = Number(/registered (\d+)\n$/.exec(output)?.[1]);
    writeFileSync(`${routesFile}.draft`, '{"half');
    const { router } = await testRouter({ routesFile });
    const found = (await router.listRoutes('p1')).length;
    expect(found).toBeGreaterThanOrEqual(answered);
    await router.registerRoute({ ...route, deploymentId: 'one more', subdomain: 'one-more' });
    expect(readdirSync(dir).filter((name) => name.includes('draft'))).toEqual([]);
  });

  it('belongs to one router, also of one process', async () => {
    const routesFile = join(tempFolder(), 'routes.json');
    const { router } = await testRouter({ routesFile });
    const other = createRouterHttp({ port: 0, routesFile });
    await expect(other.listen()).rejects.toMatchObject({
      code: 'ROUTES_FILE_IN_USE',
      message: expect.stringContaining(String(process.pid)),
    });
    await expect(other.getRoute('d1')).rejects.toMatchObject({ code: 'ROUTES_FILE_IN_USE' });
    await router.close();
    await other.listen();
    await other.close();
  });

  it('that holds something else is named, and left as it is', async () => {
    const routesFile = join(tempFolder(), 'routes.json');
    for (const text of ['{', '[]', '{"version":2,"routes":[]}', '{"version":1,"routes":[{"routeId":"x"}]}']) {
      writeFileSync(routesFile, text);
      const router = createRouterHttp({ port: 0, routesFile });
      await expect(router.listen()).rejects.toMatchObject({
        code: 'ROUTES_FILE_INVALID',
        message: expect.stringContaining(routesFile),
      });
      await router.close();
      expect(readFileSync(routesFile, 'utf8')).toBe(text);
    }
  });

  it('that cannot be written leaves the routes as they were', async () => {
    const routesFile = join(tempFolder(), 'routes.json');
    const target = await targetServer();
    const { router, port } = await testRouter({ routesFile });
    const { routeId } = await router.registerRoute({ ...route, targetPort: target.port });
    mkdirSync(`${routesFile}.draft`);
    await expect(router.registerRoute({ ...route, deploymentId: 'd2', subdomain: 'two' })).rejects.toThrow(
      'EISDIR',
    );
    await expect(router.updateRoute(routeId, { targetPort: 9 })).rejects.toThrow('EISDIR');
    await expect(router.removeRoute(routeId)).rejects.toThrow('EISDIR');
    expect(await rawRequest(port, get)).toContain(' 200 OK');
    expect(await router.getRoute('d2')).toBeNull();
    rmdirSync(`${routesFile}.draft`);
    await router.removeRoute(routeId);
    expect(await router.getRoute('d1')).toBeNull();
  });

  it('is for its owner only', async () => {
    const dir = join(tempFolder(), 'state');
    const { router } = await testRouter({ routesFile: join(dir, 'routes.json') });
    await router.registerRoute(route);
    const modes = execFileSync('stat', ['-c', '%a', dir, join(dir, 'routes.json')], { encoding: 'utf8' });
    expect(modes).toBe('700\n600\n');
  });
});

describe('listen and close', () => {
  it('let requests in flight end, and take no new ones', async () => {
    let finish: () => void = () => undefined;
    const target = await targetServer((_request, response) => {
      response.write('begun;');
      finish = () => response.end('done');
    });
    const { router, port, lead } = await testRouter();
    await lead('app', target.port);
    const idle = rawConnection(port);
    const busy = rawConnection(port, get.replace('Connection: close\r\n', ''));
    await busy.until((received) => received.includes('begun;'));
    const closed = router.close();
    expect(router.close({ graceMs: 1 })).toBe(closed);
    await idle.closed;
    await expect(rawRequest(port, get)).resolves.toBe('');
    await expect(router.listen()).rejects.toMatchObject({ code: 'ROUTER_CLOSED' });
    finish();
    expect((await busy.closed).received).toMatch(/done\r\n0\r\n\r\n$/);
    await closed;
    await expect(router.registerRoute(route)).rejects.toMatchObject({ code: 'ROUTER_CLOSED' });
    await expect(router.getRoute('app')).rejects.toMatchObject({ code: 'ROUTER_CLOSED' });
  });

  it('end what is there after the grace', async () => {
    const target = await targetServer((_request, response) => void response.write('begun;'));
    const { router, port, lead } = await testRouter();
    await lead('app', target.port);
    await lead('away', 9);
    const busy = rawConnection(port, get);
    const held = rawConnection(port, get.replace('app', 'away'));
    await busy.until((received) => received.includes('begun;'));
    await eventually(
      () => router.getStats().held,
      (count) => count === 1,
    );
    await router.close({ graceMs: 50 });
    expect((await busy.closed).received).not.toMatch(/0\r\n\r\n$/);
    expect((await held.closed).received).toBe('');
    await eventually(
      () => target.open.size,
      (open) => open === 0,
    );
  });

  it('work in any order', async () => {
    const never = createRouterHttp({ port: 0 });
    await never.close();
    const early = createRouterHttp({ port: 0 });
    const listening = early.listen();
    await expect(early.listen()).rejects.toThrow(TypeError);
    const closed = early.close();
    const { port } = await listening;
    await closed;
    expect(await rawRequest(port, get)).toBe('');
    const before = createRouterHttp({ port: 0 });
    onTestFinished(() => before.close());
    await before.registerRoute(route);
    const { url } = await before.listen();
    expect((await before.getRoute('d1'))?.publicUrl).toBe(url.replace('//', '//app.'));
  });

  it('name a port that is taken, at any of its addresses, and leave nothing open', async () => {
    const taken = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const router = createRouterHttp({ port, host: ['127.0.0.2', '127.0.0.1'] });
    onTestFinished(() => router.close());
    await expect(router.listen()).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
      message: expect.stringMatching(new RegExp(`127\\.0\\.0\\.1, port ${port}.*EADDRINUSE`)),
    });
    expect(await rawRequest(port, get, { host: '127.0.0.2' })).toBe('');
    taken.close();
    await once(taken, 'close');
    expect((await router.listen()).hosts).toEqual(['127.0.0.2', '127.0.0.1']);
  });

  it('are on loopback unless told otherwise', async () => {
    const { router } = await testRouter();
    expect(router.getStats().connections).toBe(0);
    const other = createRouterHttp({ port: 0 });
    onTestFinished(() => other.close());
    const { hosts } = await other.listen();
    expect(hosts.every((host) => host === '127.0.0.1' || host === '::1')).toBe(true);
  });
});
