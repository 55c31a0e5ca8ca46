import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { idleStats } from '../support/idle-stats.ts';
import { rawConnection, rawRequest } from '../support/raw-http.ts';
import { targetServer } from '../support/target-server.ts';
import { testRouter } from '../support/test-router.ts';

const post = 'POST / HTTP/1.1\r\nHost: app.localhost\r\n';

describe('limits', () => {
  it('close a connection that takes too long over its head, or says nothing', async () => {
    const { port } = await testRouter({ limits: { headersTimeoutMs: 200 } });
    const answers = await Promise.all([
      rawRequest(port, ''),
      rawRequest(port, 'GET / HTTP/1.1\r\n'),
      rawRequest(port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHo'),
    ]);
    for (const answer of answers)
      expect(answer).toMatch(/HTTP\/1\.1 408 Request Timeout\r\nConnection: close\r\n\r\n$/);
  });

  it('end a body that drips, and the request to the target with it', async () => {
    let aborted = false;
    const target = await targetServer((request, response) => {
      request.on('data', () => undefined);
      response.once('close', () => (aborted = true));
    });
    const { port, lead, router } = await testRouter({
      limits: { bodyTimeoutMs: 100, bodyBytesPerSecond: 50 },
    });
    await lead('app', target.port);
    const client = rawConnection(port, `${post}Content-Length: 1000\r\n\r\n`);
    const startedAt = performance.now();
    // 100 bytes a second would do for ever, one each 100 ms does not; none would be over after 100 ms.
    const dripping = setInterval(() => client.write('x'), 100);
    const { received } = await client.closed;
    clearInterval(dripping);
    expect(received).toMatch(/^HTTP\/1\.1 408 .*Connection: close/s);
    expect(performance.now() - startedAt).toBeGreaterThan(100);
    await eventually(() => aborted, Boolean);
    expect((await idleStats(router)).deployments).toMatchObject([{ inFlight: 0 }]);
  });

  it('do not count time in which the target does not read', async () => {
    const target = await targetServer((request, response) => {
      setTimeout(() => request.resume().once('end', () => response.end('whole')), 3000);
    });
    const { port, lead } = await testRouter({
      limits: { bodyTimeoutMs: 1500, bodyBytesPerSecond: 1_000_000_000 },
    });
    await lead('app', target.port);
    const size = 20_000_000;
    const client = rawConnection(port, `${post}Connection: close\r\nContent-Length: ${size}\r\n\r\n`);
    client.write('x'.repeat(size));
    expect((await client.closed).received).toMatch(/^HTTP\/1\.1 200 .*whole/s);
  });

  it('refuse a head that is too large, of clients and of targets', async () => {
    const target = await targetServer((_request, response) => {
      response.writeHead(200, { 'X-Large': 'x'.repeat(70_000) });
      response.end();
    });
    const { port, lead } = await testRouter({ limits: { maxHeaderBytes: 1000 } });
    await lead('app', target.port);
    const get = 'GET / HTTP/1.1\r\nHost: app.localhost\r\nConnection: close\r\n';
    expect(await rawRequest(port, `${get}X: ${'x'.repeat(1000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
    expect(await rawRequest(port, `${get}\r\n`)).toMatch(/^HTTP\/1\.1 502 /);
  });

  it('drop no field, however many there are', async () => {
    let count = 0;
    const target = await targetServer((request, response) => {
      count = request.rawHeaders.filter((name) => name === 'X').length;
      response.end();
    });
    target.server.maxHeadersCount = 0;
    const { port, lead } = await testRouter({ limits: { maxHeaderBytes: 60_000 } });
    await lead('app', target.port);
    await rawRequest(
      port,
      `GET / HTTP/1.1\r\nHost: app.localhost\r\nConnection: close\r\n${'X: 1\r\n'.repeat(2500)}\r\n`,
    );
    expect(count).toBe(2500);
  });

  it('close connections above the number allowed as they come', async () => {
    const { port, router } = await testRouter({ limits: { maxConnections: 2 } });
    const held = [rawConnection(port), rawConnection(port)];
    await eventually(
      () => router.getStats().connections,
      (open) => open === 2,
    );
    expect((await rawConnection(port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n').closed).received).toBe('');
    expect(router.getStats()).toMatchObject({ connections: 2, connectionsRefused: 1 });
    for (const { socket } of held) socket.destroy();
    await eventually(
      () => router.getStats().connections,
      (open) => open === 0,
    );
    expect(await rawRequest(port, 'GET / HTTP/1.0\r\nHost: localhost\r\n\r\n')).toContain(' 200 OK');
  });

  it('end the wait for a target that does not answer', async () => {
    const target = await targetServer(() => undefined);
    const { port, lead, router } = await testRouter({ limits: { responseTimeoutMs: 100 } });
    await lead('app', target.port);
    expect(await rawRequest(port, `${post}Connection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 504 .*did not answer within 100 ms/s,
    );
    expect(router.getStats().deployments).toMatchObject([{ errors: 1 }]);
    await eventually(
      () => target.open.size,
      (open) => open === 0,
    );
  });

  it('do not end a stream that is silent', async () => {
    const target = await targetServer((_request, response) => {
      response.flushHeaders();
      setTimeout(() => response.end('late'), 400);
    });
    const { port, lead } = await testRouter({ limits: { responseTimeoutMs: 100 } });
    await lead('app', target.port);
    expect(await rawRequest(port, `${post}Connection: close\r\n\r\n`)).toMatch(/ 200 OK.*late/s);
  });
});
