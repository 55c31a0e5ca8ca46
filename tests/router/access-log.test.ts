import { join } from 'node:path';

import type { LogBatch, LogSinkPlugin } from '@project-runner/core';
import { logsFile } from '@project-runner/logs-file';
import { accessLogSession } from '@project-runner/router-http';
import type { AccessLogEntry } from '@project-runner/router-http';
import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { rawConnection, rawRequest } from '../support/raw-http.ts';
import { targetServer } from '../support/target-server.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { testRouter } from '../support/test-router.ts';

const ask = (port: number, host = 'app.localhost', path = '/a?token=secret'): Promise<string> =>
  rawRequest(
    port,
    `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc`,
  );

describe('the access log', () => {
  it('tells a function each request, when it is over', async () => {
    const entries: AccessLogEntry[] = [];
    const target = await targetServer((request, response) => {
      if (request.url === '/hang') response.write('half');
      else response.end('hello');
    });
    const { port, lead } = await testRouter({ accessLog: (entry) => entries.push(entry) });
    await lead('app', target.port);
    await ask(port, 'App.localhost:80');
    await ask(port, 'nobody.localhost');
    const client = rawConnection(port, 'GET /hang HTTP/1.1\r\nHost: app.localhost\r\n\r\n');
    await client.until((received) => received.includes('half'));
    client.socket.destroy();
    await eventually(
      () => entries.length,
      (count) => count === 3,
    );
    expect(entries).toMatchObject([
      {
        deploymentId: 'app',
        projectId: 'shop',
        clientAddress: '127.0.0.1',
        method: 'POST',
        host: 'app.localhost',
        path: '/a',
        status: 200,
        bytesReceived: 3,
        bytesSent: 5,
        heldMs: 0,
        outcome: 'completed',
      },
      { deploymentId: null, projectId: null, host: 'nobody.localhost', status: 404, outcome: 'completed' },
      { path: '/hang', status: 200, bytesSent: 4, outcome: 'client-gone' },
    ]);
    for (const { latencyMs, durationMs } of entries)
      expect(durationMs).toBeGreaterThanOrEqual(latencyMs ?? Infinity);
    expect(JSON.stringify(entries)).not.toContain('secret');
  });

  it('goes into a log sink, readable again, and goes on after a restart', async () => {
    const sink = logsFile({ dir: join(tempFolder(), 'logs') });
    const target = await targetServer();
    for (const path of ['/one', '/two\\"<>']) {
      const { port, lead, router } = await testRouter({ accessLog: sink });
      await lead('app', target.port);
      await ask(port, undefined, path);
      await ask(port, 'nobody.localhost', path);
      await router.close();
    }
    for (const deployment of ['app', null]) {
      const entries = await sink.read?.(accessLogSession(deployment, 'shop'), {});
      const lines = entries?.map(({ text }) => JSON.parse(text) as AccessLogEntry);
      expect(lines?.map(({ path }) => path)).toEqual(['/one', '/two\\"<>']);
      expect(lines?.[0]).toMatchObject({ status: deployment ? 200 : 404, deploymentId: deployment });
      expect(entries?.map(({ sequence }) => sequence)).toEqual([1, 2]);
    }
  });

  it('of a removed route is closed', async () => {
    const open = new Set<string>();
    const batches: Pick<LogBatch, 'count' | 'sequence'>[] = [];
    const sink: LogSinkPlugin = {
      kind: 'log-sink',
      name: 'counting',
      apiVersion: 1,
      open({ serverId }) {
        open.add(serverId);
        return {
          write: ({ count, sequence }) => void batches.push({ count, sequence }),
          close: () => void open.delete(serverId),
        };
      },
    };
    const target = await targetServer();
    const { port, lead, router } = await testRouter({ accessLog: [sink] });
    const { routeId } = await lead('app', target.port);
    await Promise.all([ask(port), ask(port)]);
    await eventually(
      () => [...open],
      (ids) => ids.includes('access-app'),
    );
    await router.removeRoute(routeId);
    await eventually(
      () => open.size,
      (size) => size === 0,
    );
    expect(batches.reduce((sum, { count }) => sum + count, 0)).toBe(2);
  });

  it('never harms a request', async () => {
    const fail = (): never => {
      throw new Error('broken');
    };
    const target = await targetServer();
    const sink: LogSinkPlugin = { kind: 'log-sink', name: 'broken', apiVersion: 1, open: fail };
    const { port, lead, router, errors } = await testRouter({ accessLog: [fail, sink] });
    await lead('app', target.port);
    expect(await ask(port)).toContain(' 200 OK');
    await router.close();
    expect(errors).toEqual([
      'The access log callback failed',
      '1 lines of the access log access-app are lost',
      'The access log access-app lost 1 lines',
    ]);
  });
});
