import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

import { testHealthProbe } from '@project-runner/conformance';
import type { ProbeTarget } from '@project-runner/core';

import { grpcProbe } from '../src/index.ts';
import { startGrpcServer } from './grpc-server.ts';

const never = new AbortController().signal;
const at = (port: number): ProbeTarget => ({ host: '127.0.0.1', port, path: '/health' });

describe('conformance', () => {
  testHealthProbe(it, {
    create: () => grpcProbe(),
    http: false,
    servers: {
      well: () => startGrpcServer({ '': 'SERVING' }),
      unwell: () => startGrpcServer({ '': 'NOT_SERVING' }),
    },
  });
});

async function started(
  t: TestContext,
  ...[statuses, address]: Parameters<typeof startGrpcServer>
): Promise<ProbeTarget> {
  const server = await startGrpcServer(statuses, address);
  t.after(() => server.close());
  return at(server.port);
}

function tempFolder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'grpc-probe-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

it('asks for the server, or for one service', async (t) => {
  const target = await started(t, { '': 'SERVING', shop: 'NOT_SERVING' });
  const look = (service?: string): Promise<unknown> =>
    grpcProbe(service === undefined ? {} : { service }).check(target, never);
  assert.deepEqual(await look(), { healthy: true });
  assert.deepEqual(await look('shop'), {
    healthy: false,
    message: 'Health check failed: "shop" is NOT_SERVING',
  });
  assert.deepEqual(await look('cart'), {
    healthy: false,
    message: 'Health check failed: the health service does not know "cart"',
  });
});

it('says what is missing in a server without the health service', async (t) => {
  assert.deepEqual(await grpcProbe().check(await started(t), never), {
    healthy: false,
    message: 'Health check failed: the server has no health service (grpc.health.v1.Health)',
  });
});

it('is late where the server is silent', async () => {
  const server = createServer((socket) => socket.resume());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  assert.deepEqual(await grpcProbe({ timeoutMs: 100 }).check(at(port), never), {
    healthy: false,
    message: 'Health check failed: no answer within 100 ms',
  });
  // Only without a connection that is left.
  await new Promise((resolve) => server.close(resolve));
});

it('says what it found where the server speaks something else', async () => {
  const http = createHttpServer((_, response) => response.end());
  const http2 = createHttp2Server((_, response) => void response.end('hello'));
  const failing = createHttp2Server((_, response) => {
    response.setHeader('grpc-status', '14');
    response.setHeader('grpc-message', 'not%20yet 100%');
    response.end();
  });
  for (const [server, message] of [
    [http, /Health check failed: ./],
    [http2, /the server does not speak gRPC/],
    [failing, /answered with code 14: not%20yet 100%$/],
  ] as const) {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const result = await grpcProbe().check(at(port), never);
    assert.equal(result.healthy, false);
    assert.match(result.message ?? '', message);
    await new Promise((resolve) => server.close(resolve));
  }
});

it('asks for a service with a long name', async (t) => {
  const service = 'shop.'.repeat(100);
  const target = await started(t, { [service]: 'SERVING' });
  assert.deepEqual(await grpcProbe({ service }).check(target, never), { healthy: true });
});

it('asks the unix socket of the server in place of the port', async (t) => {
  const socketPath = join(tempFolder(t), 's');
  await started(t, { '': 'SERVING' }, `unix:${socketPath}`);
  assert.deepEqual(await grpcProbe().check({ ...at(1), socketPath }, never), { healthy: true });
});

it('refuses options that are wrong', () => {
  assert.throws(() => grpcProbe({ timeoutMs: 0 }), /timeoutMs must be .* found 0/);
});

it('Project Runner takes a gRPC server as ready when it says SERVING, and stops it', async (t) => {
  const dir = tempFolder(t);
  const plugin = new URL('../src/index.js', import.meta.url).href;
  const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url));
  writeFileSync(
    join(dir, 'project-runner.config.mjs'),
    `import { grpcProbe } from ${JSON.stringify(plugin)};
    export default { plugins: [grpcProbe()], without: ['health-probe:http'] };`,
  );
  writeFileSync(join(dir, 'package.json'), '{ "name": "hello", "scripts": { "start": "node server.js" } }');
  writeFileSync(
    join(dir, 'server.js'),
    `const { Server, ServerCredentials } = require(${JSON.stringify(`${modules}@grpc/grpc-js`)});
    const { HealthImplementation } = require(${JSON.stringify(`${modules}grpc-health-check`)});
    const health = new HealthImplementation({ '': 'NOT_SERVING' });
    const server = new Server();
    health.addToServer(server);
    server.bindAsync(process.env.HOST + ':' + process.env.PORT, ServerCredentials.createInsecure(), () => {
      setTimeout(() => {
        console.log('serving from now on');
        health.setStatus('', 'SERVING');
      }, 300);
    });`,
  );
  const child = spawn(
    `${modules}.bin/project-runner`,
    [
      'up',
      dir,
      '--skip-install',
      '--json',
      '--state-dir',
      join(dir, 'state'),
      '--data-dir',
      join(dir, 'data'),
    ],
    { cwd: dir, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const seen: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    const { event } = JSON.parse(line) as { event: string };
    if (event !== 'log' && event !== 'ready') continue;
    seen.push(line);
    if (event === 'ready') child.kill('SIGTERM');
  }
  assert.deepEqual(await exited, [0, null]);
  assert.match(seen[0] ?? '', /serving from now on/);
  assert.match(seen[1] ?? '', /"event":"ready"/);
});
