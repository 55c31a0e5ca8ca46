import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { HealthProbePlugin, ProbeResult } from '@project-runner/core';
import { describe, expect, it, onTestFinished } from 'vitest';

import { HealthChecker } from './health-checker.ts';

const host = '127.0.0.1';

async function listen(listener: RequestListener): Promise<{ port: number; server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server };
}

function probe(check: HealthProbePlugin['check']): HealthProbePlugin {
  return { kind: 'health-probe', name: 'own', apiVersion: 1, check };
}

describe('HealthChecker', () => {
  it('looks at the path it is given and says what it saw', async () => {
    const { port } = await listen((request, response) => {
      response.statusCode = request.url === '/ready' ? 200 : 500;
      response.end();
    });
    expect(await new HealthChecker({ endpoint: '/ready' }).check(host, port)).toEqual({ healthy: true });
    expect(await new HealthChecker().check(host, port)).toEqual({
      healthy: false,
      message: 'Health check returned status 500',
    });
  });

  it('answers for a server that is down and for one that hangs', async () => {
    const hanging = await listen(() => undefined);
    const checker = new HealthChecker({ timeoutMs: 50 });
    expect((await checker.check(host, hanging.port)).message).toMatch(/^Health check failed: no answer/);
    const { port, server } = await listen(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    expect((await checker.check(host, port)).message).toMatch(/^Health check failed: .*refused/);
  });

  it('settles for a probe that never does, and tells it that nobody waits any more', async () => {
    const told = Promise.withResolvers<void>();
    const deaf = probe((_, signal) => {
      signal.addEventListener('abort', () => told.resolve());
      return new Promise<ProbeResult>(() => {});
    });
    expect(await new HealthChecker({ timeoutMs: 20 }, deaf).check(host, 1)).toEqual({
      healthy: false,
      message: 'Health check failed: no answer within 20 ms',
    });
    await told.promise;
  });

  it('names a probe that breaks', async () => {
    const broken = new HealthChecker(
      {},
      probe(() => {
        throw new Error('no such table');
      }),
    );
    const failure = { code: 'PLUGIN_FAILED', plugin: 'health-probe:own' };
    await expect(broken.check(host, 1)).rejects.toMatchObject(failure);
    await expect(broken.waitForHealthy(host, 1)).rejects.toMatchObject(failure);
  });

  it('waits for a server that needs a while, no longer than it needs', async () => {
    let asked = 0;
    const { port } = await listen((_, response) => {
      asked += 1;
      response.statusCode = asked < 3 ? 503 : 200;
      response.end();
    });
    await new HealthChecker({ retryIntervalMs: 1 }).waitForHealthy(host, port);
    expect(asked).toBe(3);
  });

  it('gives up after so many looks, with what it saw last', async () => {
    let asked = 0;
    const { port } = await listen((_, response) => {
      asked += 1;
      response.statusCode = 503;
      response.end();
    });
    const checker = new HealthChecker({ retryIntervalMs: 1, maxRetries: 2 });
    await expect(checker.waitForHealthy(host, port)).rejects.toMatchObject({
      code: 'SERVER_NOT_READY',
      message: expect.stringContaining('after 2 looks; last: Health check returned status 503'),
    });
    expect(asked).toBe(2);
  });

  it('refuses wrong settings at once', () => {
    expect(() => new HealthChecker({ timeoutMs: 0 })).toThrow(/healthCheck\.timeoutMs/);
  });
});
