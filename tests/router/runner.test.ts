import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';

import { describe, expect, it } from 'vitest';

import { buildRecord } from '../support/records.ts';
import { eventually } from '../support/eventually.ts';
import { recordEvents } from '../support/server-events.ts';
import { serverProject } from '../support/server-project.ts';
import { deployFolder, testRunner } from '../support/test-runner.ts';
import { testRouter } from '../support/test-router.ts';

async function get(port: number, path = '/'): Promise<{ status: number; body: string }> {
  const outgoing = request({
    port,
    path,
    host: '127.0.0.1',
    headers: { host: 'test-project.localhost', connection: 'close' },
  });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: incoming.statusCode ?? 0, body: Buffer.concat(await incoming.toArray()).toString() };
}

describe('a runner with this router', () => {
  it('leads to what it deploys, redeploys without a failed request, holds over a crash, and stops', async () => {
    const { runner } = testRunner({ restart: { initialDelayMs: 0 } });
    const { router, port } = await testRouter({ hold: { timeoutMs: 120_000 } });
    runner.setRouter(router);
    const { project, deployment, server } = await deployFolder(runner, await serverProject('well'));
    expect(await router.listRoutes(project.id)).toMatchObject([
      { deploymentId: deployment.id, subdomain: 'test-project', targetPort: server.port },
    ]);
    expect(await get(port)).toEqual({ status: 200, body: `hello from ${server.processId}` });

    const answers = new Map<string, number>();
    const told = { stop: false };
    const clients = Array.from({ length: 10 }, async () => {
      while (!told.stop) {
        const { status, body } = await get(port);
        answers.set(`${status} ${body}`, (answers.get(`${status} ${body}`) ?? 0) + 1);
      }
    });
    const build = await runner.build(project, buildRecord(deployment), { skipInstall: true });
    const next = await runner.deploy(project, deployment, build);
    await eventually(
      () => answers.get(`200 hello from ${next.processId}`) ?? 0,
      (count) => count > 20,
    );
    told.stop = true;
    await Promise.all(clients);
    expect([...answers.keys()].toSorted()).toEqual(
      [`200 hello from ${server.processId}`, `200 hello from ${next.processId}`].toSorted(),
    );

    // It breaks this one; the next waits until the runner has started it again. A process that is ending may accept one more.
    const events = recordEvents(runner);
    expect((await get(port, '/crash')).status).toBe(502);
    await events.next('exited');
    const after = await get(port);
    expect(after).toMatchObject({ status: 200, body: expect.stringMatching(/^hello from/) });
    expect(after.body).not.toBe(`hello from ${next.processId}`);

    await runner.stop(next);
    expect(await router.getRoute(deployment.id)).toBeNull();
    expect((await get(port)).status).toBe(404);
  });
});
