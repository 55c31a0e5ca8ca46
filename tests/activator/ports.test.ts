import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { routedActivator } from '../support/test-activator.ts';

async function read(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  return Buffer.concat(await socket.toArray()).toString();
}

it('a server that finds its second port taken gets two others', async () => {
  const { activator, project, starts, dir, ask } = await routedActivator();
  const mark = join(dir, 'taken');
  activator.register('shop', project('pair', { env: { TAKEN_ONCE: mark } }));
  expect(await ask('shop')).toMatchObject({ status: 200 });
  expect(existsSync(mark)).toBe(true);
  expect(starts()).toHaveLength(2);
  const status = activator.status('shop');
  expect(status).toMatchObject({ status: 'running', restarts: 0, pid: starts()[1] });
  expect(await read(status?.apiServerPort ?? 0)).toBe(`api of ${starts()[1]}`);
});

it('a server whose second port is taken while it is away comes back on two others, also if it would not mind', async () => {
  const { activator, project, starts, ask } = await routedActivator({
    runner: { restart: { initialDelayMs: 1000, jitter: 0, stableMs: 60_000 } },
  });
  activator.register('shop', project('pair', { env: { FORGIVES: '1' } }));
  await ask('shop');
  const before = activator.status('shop');
  // Only the second crash in a row has a pause.
  process.kill(before?.pid ?? 0, 'SIGKILL');
  const again = await eventually(
    () => activator.status('shop'),
    (status) => status?.status === 'running' && status.pid !== before?.pid,
  );
  expect(again?.agentPort).toBe(before?.agentPort);
  process.kill(again?.pid ?? 0, 'SIGKILL');
  await eventually(
    () => activator.status('shop'),
    (status) => status?.status === 'restarting' && status.pid === null,
  );
  const thief = createServer((socket) => socket.end('a thief'));
  onTestFinished(() => void thief.close());
  thief.listen(before?.apiServerPort ?? 0, '127.0.0.1');
  await once(thief, 'listening');
  const after = await activator.ensureRunning('shop');
  expect(after.agentPort).not.toBe(before?.agentPort);
  expect(await read(after.apiServerPort ?? 0)).toBe(`api of ${starts()[2]}`);
  expect(await ask('shop')).toEqual({ status: 200, body: `hello from ${starts()[2]}` });
});
