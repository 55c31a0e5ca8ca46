import { createConnection } from 'node:net';

import { describe, expect, it } from 'vitest';

import { rawRequest } from '../support/raw-http.ts';
import { targetServer } from '../support/target-server.ts';
import { testRouter } from '../support/test-router.ts';

const ask = (port: number, host: string, more = '', path = '/'): Promise<string> =>
  rawRequest(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${more}\r\n`);

function hasIpv6(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '::1', port: 1 });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'));
  });
}

describe('the host of a request', () => {
  it('is read in any case, with a port, with a trailing dot', async () => {
    const target = await targetServer();
    const { port, lead } = await testRouter();
    await lead('App-1', target.port);
    for (const host of [
      'app-1.localhost',
      'APP-1.LocalHost',
      `app-1.localhost:${port}`,
      'app-1.localhost.',
      'App-1.localhost.:1',
    ]) {
      expect(await ask(port, host)).toMatch(/^HTTP\/1\.1 200 OK/);
    }
  });

  it('in an absolute address counts more than the field', async () => {
    const hosts: unknown[] = [];
    const target = await targetServer(({ headers, url }, response) => {
      hosts.push([headers.host, headers['x-forwarded-host'], url]);
      response.end();
    });
    const { port, lead } = await testRouter();
    await lead('app', target.port);
    await ask(port, 'other.localhost', '', 'http://App.localhost:1/x?y');
    await ask(port, 'other.localhost', '', 'http://app.localhost?y');
    expect(hosts).toEqual([
      ['App.localhost:1', 'App.localhost:1', '/x?y'],
      ['app.localhost', 'app.localhost', '/?y'],
    ]);
  });

  it('leads to the whole of a subdomain only', async () => {
    const one = await targetServer((_request, response) => void response.end('one'));
    const two = await targetServer((_request, response) => void response.end('two'));
    const { port, lead } = await testRouter();
    await lead('app', one.port);
    await lead('api.app', two.port);
    expect(await ask(port, 'app.localhost')).toContain('one');
    expect(await ask(port, 'api.app.localhost')).toContain('two');
    for (const host of [
      'x.app.localhost',
      'xapp.localhost',
      '.app.localhost',
      'app..localhost',
      'app.localhost.evil',
    ]) {
      expect(await ask(port, host), host).toMatch(/^HTTP\/1\.1 404 /);
    }
  });

  it('is under the base domain that the router has', async () => {
    const target = await targetServer();
    const { port, lead, router } = await testRouter({
      baseDomain: 'Apps.Example.com.',
      publicAddress: { protocol: 'https', port: 443 },
    });
    expect((await lead('shop', target.port)).publicUrl).toBe('https://shop.apps.example.com');
    expect((await router.getRoute('shop'))?.publicUrl).toBe('https://shop.apps.example.com');
    expect(await ask(port, 'shop.apps.example.com')).toMatch(/ 200 OK/);
    expect(await ask(port, 'shop.localhost')).toMatch(/ 404 /);
  });

  it('may be asked for over IPv6, and be a target there', async ({ skip }) => {
    if (!(await hasIpv6())) skip('this machine has no IPv6');
    const target = await targetServer(
      ({ headers }, response) => void response.end(headers['x-forwarded-for']),
      {
        host: '::1',
      },
    );
    const { port, lead } = await testRouter();
    await lead('app', target.port, '[::1]');
    await lead('local', (await targetServer()).port, 'localhost');
    const get = 'GET / HTTP/1.1\r\nHost: app.localhost\r\nConnection: close\r\n\r\n';
    expect(await rawRequest(port, get, { host: '::1' })).toMatch(/\r\n\r\n::1$/);
    expect(await ask(port, 'local.localhost')).toContain(' 200 OK');
    expect(await rawRequest(port, get.replace('app.localhost', `[::1]:${port}`), { host: '::1' })).toMatch(
      / 200 OK/,
    );
  });
});

describe('pages', () => {
  it('list what is known at the base domain, for people and for programs', async () => {
    const target = await targetServer();
    const { port, router } = await testRouter();
    const route = { projectId: '<b>', targetHost: '127.0.0.1', targetPort: target.port };
    await router.registerRoute({ ...route, deploymentId: '"d2"&', subdomain: 'zoo' });
    await router.registerRoute({ ...route, deploymentId: 'd1', subdomain: 'app' });
    const html = await ask(
      port,
      `localhost:${port}`,
      'Accept: text/html,application/json;q=0.9,*/*;q=0.8\r\n',
    );
    expect(html).toMatch(/ 200 OK.*Content-Type: text\/html.*Content-Security-Policy: default-src 'none'/s);
    expect(html).toContain(
      `<a href="http://zoo.localhost:${port}">zoo</a><td>project &lt;b&gt;<td>deployment &quot;d2&quot;&amp;`,
    );
    expect(html).not.toContain('<b>');
    const json = await ask(port, '127.0.0.1', 'Accept: application/json\r\n');
    expect(json).toContain('Content-Type: application/json');
    expect(JSON.parse(json.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      routes: [
        { subdomain: 'app', url: `http://app.localhost:${port}`, projectId: '<b>', deploymentId: 'd1' },
        { subdomain: 'zoo' },
      ],
    });
    expect(await ask(port, 'localhost', '', '/other')).toMatch(/ 404 /);
    expect(await rawRequest(port, 'POST / HTTP/1.0\r\nHost: localhost\r\n\r\n')).toMatch(/ 405 /);
    expect(await rawRequest(port, 'HEAD / HTTP/1.0\r\nHost: localhost\r\n\r\n')).toMatch(/ 200 .*\r\n\r\n$/s);
  });

  it('say what is known where a subdomain is not, but nothing to the pages of foreign hosts', async () => {
    const { port, lead, router } = await testRouter();
    await lead('app', 9);
    expect(await ask(port, 'nope.localhost')).toMatch(
      / 404 Not Found.*Nothing is known as nope\.localhost.*>app<\/a>/s,
    );
    const foreign = await ask(port, 'rebound.example');
    expect(foreign).toMatch(/ 404 Not Found.*the router of localhost/s);
    expect(foreign).not.toContain('app');
    expect(router.getStats().unrouted).toBe(2);
    const silent = await testRouter({ listing: false });
    await silent.lead('app', 9);
    for (const host of ['localhost', 'nope.localhost'])
      expect(await ask(silent.port, host)).not.toContain('app');
  });
});
