import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ProbeResult } from '@project-runner/core';
import { healthHttp } from '@project-runner/health-http';
import { describe, expect, it, onTestFinished } from 'vitest';

import { probeServer } from './probe-server.ts';

async function listening(status: number, at: string | 0): Promise<Server> {
  const server = createServer((_, response) => response.writeHead(status).end());
  await once(typeof at === 'string' ? server.listen(at) : server.listen(at, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return server;
}

/** Of a server whose port answers with 204. */
async function look(makeSocket: (path: string) => Promise<unknown>): Promise<ProbeResult> {
  const dir = mkdtempSync(join(tmpdir(), 'p-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const socketPath = join(dir, 'http');
  await makeSocket(socketPath);
  const { port } = (await listening(204, 0)).address() as AddressInfo;
  return probeServer({ host: '127.0.0.1', port, path: '/', socketPath }, [healthHttp()], 5000);
}

describe('probeServer', () => {
  it('asks the socket of the server', async () => {
    expect(await look((path) => listening(500, path))).toEqual({
      healthy: false,
      message: 'Health check returned status 500',
    });
  });

  it('asks its port where the file of the socket is gone', async () => {
    expect(await look(() => Promise.resolve())).toEqual({ healthy: true });
    const cleanedAway = async (path: string): Promise<void> => {
      await listening(500, path);
      rmSync(path);
    };
    expect(await look(cleanedAway)).toEqual({ healthy: true });
  });
});
