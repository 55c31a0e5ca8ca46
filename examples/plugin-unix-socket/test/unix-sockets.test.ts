import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

import { testPortStrategy } from '@project-runner/conformance';
import type { PortRequest, PortStrategyPlugin } from '@project-runner/core';
import { portsRange } from '@project-runner/ports-range';

import { socketPathOf, unixSockets } from '../src/index.ts';

const { signal } = new AbortController();
const ask = (strategy: PortStrategyPlugin, request: Partial<PortRequest> = {}) =>
  strategy.acquire({ exclude: [], owner: 'a test', ...request }, signal);

function tempFolder(remove: (fn: () => void) => void): string {
  const dir = mkdtempSync(join(tmpdir(), 'sockets-'));
  remove(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function strategyIn(dir: string): PortStrategyPlugin {
  const strategy = portsRange({ start: 27_300, end: 27_340, leaseDir: join(dir, 'leases') });
  return unixSockets({ dir: join(dir, 's'), strategy });
}

const inFolder = (t: TestContext): string => tempFolder((fn) => t.after(fn));

async function listen(path: string): Promise<() => Promise<unknown>> {
  const server = createServer().listen(path);
  await once(server, 'listening');
  return () => new Promise((resolve) => server.close(resolve));
}

describe('conformance', () => {
  const dir = tempFolder(after);
  testPortStrategy(it, { create: () => strategyIn(dir) });
});

it('gives a path on which a server can listen, in a folder of the user alone', async (t) => {
  const dir = inFolder(t);
  const { port, env, release } = await ask(strategyIn(dir));
  const path = env.SOCKET_PATH ?? '';
  assert.equal(path, socketPathOf(join(dir, 's'), port));
  await (
    await listen(path)
  )();
  assert.equal(statSync(join(dir, 's')).mode & 0o777, 0o700);
  await release();
});

it('clears away the socket of a server that was killed, and its own with the lease', async (t) => {
  const dir = inFolder(t);
  const strategy = strategyIn(dir);
  const first = await ask(strategy);
  const path = first.env.SOCKET_PATH ?? '';
  await first.release();
  const code = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.send('listening'))`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await once(child, 'message');
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.ok(existsSync(path));
  const second = await ask(strategy, { port: first.port });
  const close = await listen(path);
  await second.release();
  assert.ok(!existsSync(path));
  await close();
});

it('leaves the socket of a server that runs already, and that of whoever has the port by now', async (t) => {
  const strategy = strategyIn(inFolder(t));
  const first = await ask(strategy);
  const path = first.env.SOCKET_PATH ?? '';
  await first.release();
  const close = await listen(path);
  const held = await ask(strategy, { port: first.port, held: true });
  assert.ok(existsSync(path));
  await first.release();
  assert.ok(existsSync(path));
  await held.release();
  await close();
});

it('lets no two servers share a port, and with it a path', async (t) => {
  const dir = inFolder(t);
  const range = portsRange({ start: 27_300, end: 27_340, leaseDir: join(dir, 'leases') });
  const requests: PortRequest[] = [];
  const noting: PortStrategyPlugin = {
    ...range,
    acquire(request, given) {
      requests.push(request);
      return range.acquire(request, given);
    },
  };
  const lease = await ask(unixSockets({ dir, strategy: noting }), { share: 'shop', deploymentId: 'shop' });
  await lease.release();
  assert.deepEqual(requests, [{ exclude: [], owner: 'a test', deploymentId: 'shop' }]);
});

it('gives the port back when the folder cannot be made', async (t) => {
  const dir = inFolder(t);
  writeFileSync(join(dir, 's'), 'a file');
  const strategy = strategyIn(dir);
  await assert.rejects(ask(strategy), { code: 'EEXIST' });
  assert.deepEqual(strategy.stats?.().allocated, []);
});

it('refuses a folder whose sockets nobody could listen on', () => {
  assert.throws(() => unixSockets({ dir: `/${'x'.repeat(100)}` }), /at most 103 bytes, found \d+ in \/x/);
});

it('a server of Project Runner answers on both, and its socket goes with it', async (t) => {
  const dir = inFolder(t);
  const plugin = new URL('../src/index.js', import.meta.url).href;
  const sockets = join(dir, 's');
  writeFileSync(
    join(dir, 'project-runner.config.mjs'),
    `import { unixSockets } from ${JSON.stringify(plugin)};
    export default { plugins: [unixSockets({ dir: ${JSON.stringify(sockets)} })], without: ['port-strategy:range'] };`,
  );
  writeFileSync(join(dir, 'package.json'), '{ "name": "hello", "scripts": { "start": "node server.js" } }');
  writeFileSync(
    join(dir, 'server.js'),
    `const { createServer } = require('node:http');
    const answer = (_, response) => response.end('hello');
    createServer(answer).listen(process.env.SOCKET_PATH, () =>
      createServer(answer).listen(process.env.PORT, process.env.HOST));
    process.on('SIGTERM', () => process.kill(process.pid, 'SIGKILL'));`,
  );
  const cli = fileURLToPath(new URL('../../node_modules/.bin/project-runner', import.meta.url));
  const state = ['--state-dir', join(dir, 'state'), '--data-dir', join(dir, 'data')];
  const child = spawn(cli, ['up', dir, '--skip-install', '--json', ...state], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  let path = '';
  for await (const line of createInterface(child.stdout)) {
    const { event, port } = JSON.parse(line) as { event: string; port: number };
    if (event !== 'ready') continue;
    path = socketPathOf(sockets, port);
    assert.equal(await get({ socketPath: path }), 'hello');
    assert.equal(await get({ host: '127.0.0.1', port }), 'hello');
    child.kill('SIGTERM');
  }
  await exited;
  assert.match(path, /\.sock$/);
  assert.ok(!existsSync(path));
});

function get(options: { socketPath: string } | { host: string; port: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ ...options, path: '/', agent: false }, async (response) => {
      const chunks: Buffer[] = await response.toArray();
      resolve(Buffer.concat(chunks).toString());
    });
    call.once('error', reject).end();
  });
}
