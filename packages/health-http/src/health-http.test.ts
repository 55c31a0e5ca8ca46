import { execFileSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { createServer as createTcp } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ProbeResult } from '@project-runner/core';
import { describe, expect, it, onTestFinished } from 'vitest';

import { healthHttp } from './health-http.ts';
import type { HealthHttpOptions } from './health-http.ts';

const never = new AbortController().signal;

async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

function look(
  port: number,
  options: HealthHttpOptions = {},
  optionalPath = false,
  host = '127.0.0.1',
): Promise<ProbeResult> {
  return healthHttp(options).check({ host, port, path: '/health', optionalPath }, never);
}

const status =
  (code: number): RequestListener =>
  (_, response) => {
    response.statusCode = code;
    response.end();
  };

describe('healthHttp', () => {
  it('names the time it waited for a server that hangs', async () => {
    const server = createServer(() => undefined);
    onTestFinished(() => server.closeAllConnections());
    expect(await look(await listen(server), { timeoutMs: 50 })).toEqual({
      healthy: false,
      message: 'Health check failed: no answer within 50 ms',
    });
  });

  it('keeps nothing of the signal it was given', async () => {
    const { signal } = new AbortController();
    const port = await listen(createServer(status(200)));
    const target = { host: '127.0.0.1', port, path: '/', optionalPath: false };
    expect(await healthHttp().check(target, signal)).toEqual({ healthy: true });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('brackets an IPv6 address', async () => {
    const port = await listen(createServer(status(200)), '::1');
    expect(await look(port, {}, false, '::1')).toEqual({ healthy: true });
  });

  it.each([
    [404, true, true],
    [405, true, true],
    [404, false, false],
    [500, true, false],
    [204, false, true],
    [302, false, false],
  ])('status %i with optionalPath %s is healthy: %s', async (code, optional, healthy) => {
    expect((await look(await listen(createServer(status(code))), {}, optional)).healthy).toBe(healthy);
  });

  it('takes a server that speaks something else for well only where the path is a guess', async () => {
    const server = createTcp((socket) => socket.end('220 mail ready\r\n'));
    const port = await listen(server);
    expect((await look(port, {}, true)).healthy).toBe(true);
    expect((await look(port)).healthy).toBe(false);
  });

  it('takes the statuses it is told', async () => {
    const port = await listen(createServer(status(401)));
    expect((await look(port, { expectedStatus: 401 })).healthy).toBe(true);
    expect((await look(port, { expectedStatus: [200, 401] })).healthy).toBe(true);
    expect((await look(port, { expectedStatus: (code) => code < 500 })).healthy).toBe(true);
  });

  it('follows a redirect on the same host and none to another', async () => {
    const other = await listen(createServer(status(200)));
    const port = await listen(
      createServer((request, response) => {
        const target = request.url === '/health' ? '/ready' : null;
        response.writeHead(target ? 307 : 200, target ? { location: target } : {});
        response.end();
      }),
    );
    const away = await listen(
      createServer((_, response) => {
        response.writeHead(307, { location: `http://127.0.0.1:${other}/` });
        response.end();
      }),
    );
    expect((await look(port)).healthy).toBe(true);
    expect(await look(away)).toEqual({ healthy: false, message: 'Health check returned status 307' });
  });

  it('takes a self-signed certificate only when told', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'certificate-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
    const make = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      '/CN=localhost',
      '-days',
      '2',
    ];
    execFileSync('openssl', [...make, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const port = await listen(
      createSecure({ key: readFileSync(key), cert: readFileSync(cert) }, status(200)),
    );
    expect((await look(port, { protocol: 'https' })).healthy).toBe(false);
    expect(await look(port, { protocol: 'https', allowSelfSigned: true })).toEqual({ healthy: true });
  });

  it('asks the unix socket of a target in place of its port, and names it when nobody is there', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'socket-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const socketPath = join(dir, 'http');
    const other = await listen(createServer(status(500)));
    const server = createServer(status(200));
    onTestFinished(() => void server.close());
    const target = { host: '127.0.0.1', port: other, path: '/health', socketPath };
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    expect(await healthHttp().check(target, never)).toEqual({ healthy: true });
    await new Promise((resolve) => server.close(resolve));
    expect(await healthHttp().check(target, never)).toEqual({
      healthy: false,
      message: expect.stringContaining(socketPath) as string,
    });
  });

  it('takes a redirect for the answer where it is what is expected', async () => {
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/health' ? 302 : 500, { location: '/login' });
      response.end();
    });
    expect(await look(await listen(server), { expectedStatus: 302 })).toEqual({ healthy: true });
  });

  it('asks its own server, also for a path that begins with two slashes', async () => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.end();
    });
    const port = await listen(server);
    const target = { host: '127.0.0.1', port, path: '//192.0.2.1/health' };
    expect(await healthHttp({ timeoutMs: 1000 }).check(target, never)).toEqual({ healthy: true });
    expect(asked).toEqual(['//192.0.2.1/health']);
  });

  it('asks a path of its own, which has to be there though that of the server is a guess', async () => {
    const port = await listen(
      createServer((request, response) => {
        response.statusCode = request.url === '/livez' ? 200 : 404;
        response.end();
      }),
    );
    expect(healthHttp({ path: '/livez' }).path).toBe('/livez');
    expect(healthHttp()).not.toHaveProperty('path');
    expect(await look(port, { path: '/livez' })).toEqual({ healthy: true });
    expect(await look(port, { path: '/readyz' }, true)).toEqual({
      healthy: false,
      message: 'Health check returned status 404',
    });
  });

  it('has the roles it is given, and none of its own', () => {
    expect(healthHttp({ name: 'live', roles: ['liveness'] })).toMatchObject({
      name: 'live',
      roles: ['liveness'],
    });
    expect(healthHttp()).not.toHaveProperty('roles');
  });

  it.each(['livez', '', 1])('refuses %j as a path', (path) => {
    expect(() => healthHttp({ path: path as string })).toThrowError(/path must start with "\/"/);
  });

  it.each([0, 1.5, 2 ** 31, Number.NaN])('refuses %d as a timeout', (timeoutMs) => {
    expect(() => healthHttp({ timeoutMs })).toThrowError(/timeoutMs must be a whole number of ms from 1 to/);
  });
});
