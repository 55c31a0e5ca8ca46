import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';

import type { RestartPolicy } from '@project-runner/core';
import type { RouterHttpOptions } from '@project-runner/router-http';
import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { heldProject } from '../support/held-project.ts';
import { heldRunner } from '../support/held-runner.ts';
import { recordEvents } from '../support/server-events.ts';
import { deployFolder } from '../support/test-runner.ts';
import { testRouter } from '../support/test-router.ts';

async function get(port: number): Promise<{ status: number; retryAfter: string | undefined; body: string }> {
  const headers = { host: 'test-project.localhost', connection: 'close' };
  const outgoing = request({ port, host: '127.0.0.1', headers });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  const body = Buffer.concat(await incoming.toArray()).toString();
  return { status: incoming.statusCode ?? 0, retryAfter: incoming.headers['retry-after'], body };
}

/** A server that fell twice and is away, behind a router. */
async function routed(restart: Partial<RestartPolicy>, options: RouterHttpOptions = {}) {
  const { runner } = heldRunner({ restart: { stableMs: 60_000, ...restart } });
  const { router, port } = await testRouter(options);
  runner.setRouter(router);
  const events = recordEvents(runner);
  const built = await deployFolder(runner, await heldProject('esm.mjs'));
  const crash = async (): Promise<void> => {
    const exits = events.all('exited').length;
    process.kill(events.all('spawned').at(-1)?.pid ?? Number.NaN, 'SIGKILL');
    await events.next('exited', exits + 1);
  };
  // The first crash of a server that served is answered at once, the next one after a pause.
  await crash();
  await events.next('ready', 2);
  await crash();
  return { ...built, runner, router, port, events };
}

describe('a router before a held port', () => {
  it('holds a request over a restart, and sends it to the server that comes', async () => {
    const { port, router, events } = await routed({ initialDelayMs: 2000 }, { hold: { timeoutMs: 60_000 } });
    const answer = get(port);
    await eventually(
      () => router.getStats().held,
      (held) => held === 1,
    );
    expect(await answer).toMatchObject({ status: 200 });
    expect((await answer).body).toBe(String(events.all('spawned').at(-1)?.pid));
    expect(await get(port)).toMatchObject({ status: 200 });
  });

  it('does not let requests wait for a server that stays away', async () => {
    const { port } = await routed(
      { initialDelayMs: 300_000, maxDelayMs: 300_000 },
      { hold: { timeoutMs: 100, maxRequests: 5 } },
    );
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(port)));
    expect(answers.filter(({ status }) => status !== 503)).toEqual([]);
    expect(new Set(answers.map(({ retryAfter }) => retryAfter))).toEqual(new Set(['1', '5']));
  });

  it('goes on with the next release, which comes while the server is away', async () => {
    const { port, router, runner, project, deployment, build, server } = await routed(
      { initialDelayMs: 300_000, maxDelayMs: 300_000 },
      { hold: { timeoutMs: 60_000 } },
    );
    const answer = get(port);
    await eventually(
      () => router.getStats().held,
      (held) => held === 1,
    );
    const next = await runner.deploy(project, deployment, build);
    expect(next.port).toBe(server.port);
    expect(await answer).toMatchObject({ status: 200, body: String(next.processId) });
  });
});
