import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';

import { eventually } from '../support/eventually.ts';
import { rawConnection, rawRequest } from '../support/raw-http.ts';
import { targetServer } from '../support/target-server.ts';
import { testRouter } from '../support/test-router.ts';

async function echoServer(
  options: { verify?: boolean } = {},
): Promise<{ port: number; server: WebSocketServer }> {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    verifyClient: () => options.verify ?? true,
    handleProtocols: (protocols) => [...protocols][0] ?? false,
  });
  await once(server, 'listening');
  server.on('connection', (socket, request) => {
    socket.send(`${request.headers['x-forwarded-for']} ${request.headers.host}`);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on('error', () => undefined);
  });
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server };
}

function client(port: number): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`, ['one'], {
    headers: { host: 'app.localhost' },
  });
  socket.on('error', () => undefined);
  onTestFinished(() => socket.terminate());
  return socket;
}

async function next(socket: WebSocket): Promise<string> {
  const [data] = (await once(socket, 'message')) as [Buffer];
  return data.toString();
}

describe('a WebSocket', () => {
  it('goes through, both ways, whatever its size', async () => {
    const target = await echoServer();
    const { port, lead, router } = await testRouter();
    await lead('app', target.port);
    const socket = client(port);
    expect(await next(socket)).toBe('127.0.0.1 app.localhost');
    expect(socket.protocol).toBe('one');
    const large = 'x'.repeat(5_000_000);
    for (const text of ['hello', large, 'ünï']) {
      socket.send(text);
      expect(await next(socket)).toBe(text);
    }
    expect(router.getStats().deployments).toMatchObject([{ requests: 1, inFlight: 1, errors: 0 }]);
    socket.close(4000, 'bye');
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(4000);
    await eventually(
      () => router.getStats().deployments[0]?.inFlight,
      (inFlight) => inFlight === 0,
    );
    expect(router.getStats().deployments).toMatchObject([{ errors: 0, clientGone: 0 }]);
  });

  it('that breaks on one side is ended on the other', async () => {
    const target = await echoServer();
    const { port, lead, router } = await testRouter();
    await lead('app', target.port);
    const first = client(port);
    await next(first);
    first.terminate();
    await eventually(
      () => target.server.clients.size,
      (size) => size === 0,
    );
    const second = client(port);
    await next(second);
    for (const socket of target.server.clients) socket.terminate();
    const [code] = (await once(second, 'close')) as [number];
    expect(code).toBe(1006);
    await eventually(
      () => router.getStats().deployments[0]?.inFlight,
      (inFlight) => inFlight === 0,
    );
    await eventually(
      () => router.getStats().connections,
      (open) => open === 0,
    );
  });

  it('that is refused gets the answer as it is', async () => {
    const target = await echoServer({ verify: false });
    const { port, lead } = await testRouter();
    await lead('app', target.port);
    const socket = client(port);
    const [, incoming] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(incoming.statusCode).toBe(401);
  });

  it.each([
    ['of nobody', 'nope', 404],
    ['of a server that is away', 'away', 503],
    ['of a server that breaks off', 'breaks', 502],
  ])('%s gets an answer', async (_, subdomain, status) => {
    const breaks = await targetServer();
    breaks.server.on('upgrade', (_request, socket) => void socket.destroy());
    const { port, lead } = await testRouter({ hold: { timeoutMs: 0 } });
    await lead('away', 9);
    await lead('breaks', breaks.port);
    const answer = await rawRequest(
      port,
      `GET / HTTP/1.1\r\nHost: ${subdomain}.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*Connection: close`, 's'));
  });

  it('carries what a client sends before its answer', async () => {
    const target = await targetServer();
    target.server.on('upgrade', (_request, socket, head) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst;',
      );
      socket.write(head);
      socket.pipe(socket);
    });
    const { port, lead } = await testRouter();
    await lead('app', target.port);
    const raw = rawConnection(
      port,
      'GET / HTTP/1.1\r\nHost: app.localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\nearly;',
    );
    await raw.until((received) => received.includes('early;'));
    raw.write('late;');
    expect(await raw.until((received) => received.includes('late;'))).toMatch(/\r\n\r\nfirst;early;late;$/);
    raw.socket.end();
    await raw.closed;
    await eventually(
      () => target.open.size,
      (open) => open === 0,
    );
  });

  it('that waits for its server is let go when its client leaves', async () => {
    const { port, lead, router } = await testRouter();
    await lead('app', 9);
    const raw = rawConnection(
      port,
      'GET / HTTP/1.1\r\nHost: app.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    await eventually(
      () => router.getStats().held,
      (held) => held === 1,
    );
    raw.socket.end();
    await raw.closed;
    await eventually(
      () => router.getStats().held,
      (held) => held === 0,
    );
    expect(raw.received()).toBe('');
  });

  it('has no body: a request with one is not taken for one', async () => {
    const target = await targetServer((request, response) => {
      request.resume().once('end', () => response.end(`plain ${request.method}`));
    });
    const { port, lead } = await testRouter();
    await lead('app', target.port);
    const upgrade = 'Host: app.localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n';
    for (const method of ['POST', 'GET']) {
      const answer = await rawRequest(
        port,
        `${method} / HTTP/1.1\r\n${upgrade}Content-Length: 4\r\n\r\nbody`,
      );
      expect(answer).toMatch(/ 200 OK.*plain (GET|POST)| 501 /s);
    }
  });

  it('is the only upgrade: others are answered as if nobody had asked', async () => {
    const target = await targetServer(
      ({ headers }, response) => void response.end(`plain ${headers.upgrade}`),
    );
    const { port, lead } = await testRouter();
    await lead('app', target.port);
    const answer = await rawRequest(
      port,
      'GET / HTTP/1.1\r\nHost: app.localhost\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
    );
    // Node before 24.9 cannot be told which upgrades are wanted.
    expect(answer).toMatch(/ 200 OK.*plain undefined| 501 /s);
  });
});
