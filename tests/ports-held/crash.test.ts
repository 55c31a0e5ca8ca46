import { createServer } from 'node:net';

import { expect, it, onTestFinished } from 'vitest';

import { heldProject } from '../support/held-project.ts';
import { heldRunner } from '../support/held-runner.ts';
import { putLoad } from '../support/put-load.ts';
import { recordEvents } from '../support/server-events.ts';
import { deployFolder } from '../support/test-runner.ts';

const restart = { stableMs: 0, maxRestarts: 1000 };

it('20 kills under load: no connection is refused, and only what was open is lost', async () => {
  const { runner } = heldRunner({ restart });
  const events = recordEvents(runner);
  const { server } = await deployFolder(runner, await heldProject('esm.mjs'));
  const kept = 10;
  const fresh = 10;
  const load = putLoad({ port: server.port, kept, fresh });
  const kills = 20;
  for (let kill = 1; kill <= kills; kill += 1) {
    await load.answers(50);
    process.kill(events.all('spawned').at(-1)?.pid ?? Number.NaN, 'SIGKILL');
    await events.next('ready', kill + 1);
  }
  await load.answers(50);
  const { failed } = await load.end();
  expect(failed.filter((what) => what === 'ECONNREFUSED')).toEqual([]);
  expect(new Set(failed)).toEqual(failed.length === 0 ? new Set() : new Set(['ECONNRESET']));
  expect(failed.length).toBeLessThanOrEqual(kills * (kept + fresh));
  expect(runner.getStats()).toMatchObject({ runningProcesses: 1, allocatedPorts: [server.port] });
});

it('a request that comes while nobody serves is answered by the server that comes', async () => {
  const { runner } = heldRunner({ restart });
  const events = recordEvents(runner);
  const { server } = await deployFolder(runner, await heldProject('esm.mjs'));
  process.kill(server.processId ?? Number.NaN, 'SIGKILL');
  await events.next('exited');
  const answer = await fetch(`http://127.0.0.1:${server.port}/`);
  await events.next('ready', 2);
  expect(await answer.text()).toBe(String(events.all('spawned').at(-1)?.pid));
});

it('so is one for a command that is started without a build', async () => {
  const { runner } = heldRunner({ restart });
  const events = recordEvents(runner);
  const cwd = await heldProject('esm.mjs');
  const deployment = { id: 'shop', projectId: 'shop', subdomain: null };
  const server = await runner.deployCommand(deployment, () => ({ file: 'node', args: ['esm.mjs'], cwd }));
  process.kill(server.processId ?? Number.NaN, 'SIGKILL');
  await events.next('exited');
  const answer = await fetch(`http://127.0.0.1:${server.port}/`);
  await events.next('ready', 2);
  expect(await answer.text()).toBe(String(events.all('spawned').at(-1)?.pid));
});

it('nobody else gets the port while the server is away', async () => {
  const { runner } = heldRunner({ restart });
  const events = recordEvents(runner);
  const { server } = await deployFolder(runner, await heldProject('esm.mjs'));
  process.kill(server.processId ?? Number.NaN, 'SIGKILL');
  await events.next('exited');
  const thief = createServer();
  onTestFinished(() => void thief.close());
  const found = await new Promise((resolve) => {
    thief.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    thief.listen(server.port, '127.0.0.1', () => resolve('it has the port'));
  });
  expect(found).toBe('EADDRINUSE');
  await events.next('ready', 2);
});
