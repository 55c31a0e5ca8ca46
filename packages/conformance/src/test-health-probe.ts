import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { HealthProbePlugin, ProbeResult } from '@project-runner/core';

import type { It } from './suite.ts';
import { testFactory } from './test-factory.ts';

export interface TestHealthProbeOptions {
  create(): HealthProbePlugin;
  /** The probe speaks HTTP, so status codes mean something to it. */
  http: boolean;
}

/** Proves a health-probe plugin against real sockets. */
export function testHealthProbe(it: It, { create, http }: TestHealthProbeOptions): void {
  testFactory(it, 'health-probe', create);

  it('check: a server that is well is healthy', async () => {
    const result = await withServer(
      (_, response) => response.end('ok'),
      (port) => check(create(), port),
    );
    assert.deepEqual(result.healthy, true, result.message);
  });

  it('check: a refusal is an answer, not an exception', async () => {
    // The port of a server that is closed by now.
    const port = await withServer(
      () => undefined,
      (free) => Promise.resolve(free),
    );
    const result = await check(create(), port);
    assert.equal(result.healthy, false);
    assert.ok(result.message, 'an unhealthy answer must say what was seen');
  });

  it('check: settles soon after the signal aborts, without an exception', async () => {
    const abort = new AbortController();
    const startedAt = performance.now();
    const result = await withServer(
      () => abort.abort(),
      (port) => {
        // A probe that never sends a request is ended, too.
        const timer = setTimeout(() => abort.abort(), 500);
        return check(create(), port, abort.signal).finally(() => clearTimeout(timer));
      },
    );
    if (http) assert.equal(result.healthy, false);
    assert.ok(performance.now() - startedAt < 3000, 'check must settle soon after the signal aborts');
  });

  if (!http) return;

  it('check: status 500 is unhealthy and is named', async () => {
    const answer: RequestListener = (_, response) => {
      response.statusCode = 500;
      response.end();
    };
    const result = await withServer(answer, (port) => check(create(), port));
    assert.equal(result.healthy, false);
    assert.match(result.message ?? '', /500/);
  });

  it('check: leaves no connection open that would hold up a drain', async () => {
    await withServer(
      (_, response) => response.end('ok'),
      async (port, server) => {
        await check(create(), port);
        const open = await new Promise((resolve) => {
          // The server learns of the end of a connection a turn of the event loop later.
          setTimeout(() => server.getConnections((_, count) => resolve(count)), 100);
        });
        assert.equal(open, 0);
      },
    );
  });
}

function check(
  probe: HealthProbePlugin,
  port: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<ProbeResult> {
  return probe.check({ host: '127.0.0.1', port, path: '/health' }, signal);
}

async function withServer<T>(
  answer: RequestListener,
  use: (port: number, server: Server) => Promise<T>,
): Promise<T> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use((server.address() as AddressInfo).port, server);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
