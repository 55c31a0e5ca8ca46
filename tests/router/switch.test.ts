import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';

import { describe, expect, it, onTestFinished } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { idleStats } from '../support/idle-stats.ts';
import { rawConnection } from '../support/raw-http.ts';
import { targetServer } from '../support/target-server.ts';
import { testRouter } from '../support/test-router.ts';

/** Asks one request after the other until told to stop. */
async function ask(
  port: number,
  agent: Agent | false,
  method: 'GET' | 'POST',
  told: { stop: boolean; answers: Map<string, number> },
): Promise<void> {
  while (!told.stop) {
    const answer = await new Promise<string>((resolve) => {
      const outgoing = request({
        agent,
        port,
        host: '127.0.0.1',
        method,
        headers: { host: 'app.localhost' },
      });
      outgoing.once('error', (error) => resolve(`failed: ${error.message}`));
      outgoing.once('response', async (incoming: IncomingMessage) => {
        try {
          resolve(`${incoming.statusCode} ${Buffer.concat(await incoming.toArray()).toString()}`);
        } catch (error) {
          resolve(`failed: ${String(error)}`);
        }
      });
      outgoing.end(method === 'POST' ? 'a body' : undefined);
    });
    told.answers.set(answer, (told.answers.get(answer) ?? 0) + 1);
  }
}

describe('a route that changes', () => {
  it('loses no request of 50 clients, however often, while the old servers are drained and stopped', async () => {
    const { port, lead, router } = await testRouter();
    const start = (name: string): ReturnType<typeof targetServer> =>
      targetServer((incoming, response) => {
        incoming.resume().once('end', () => setTimeout(() => response.end(name), 2));
      });
    let current = await start('release 0');
    const { routeId } = await lead('app', current.port);
    const told = { stop: false, answers: new Map<string, number>() };
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const clients = Array.from({ length: 50 }, (_, index) =>
      ask(port, index % 2 === 0 ? agent : false, index % 3 === 0 ? 'POST' : 'GET', told),
    );
    for (let release = 1; release <= 10; release += 1) {
      await eventually(
        () => told.answers.get(`200 release ${release - 1}`) ?? 0,
        (count) => count >= 50,
      );
      const before = current;
      current = await start(`release ${release}`);
      await router.updateRoute(routeId, { targetPort: current.port });
      // As a server does on SIGTERM.
      const stopped = once(before.server, 'close');
      before.server.close();
      await stopped;
    }
    await eventually(
      () => told.answers.get('200 release 10') ?? 0,
      (count) => count >= 50,
    );
    told.stop = true;
    await Promise.all(clients);
    expect([...told.answers.keys()].filter((answer) => !answer.startsWith('200 '))).toEqual([]);
    const asked = [...told.answers.values()].reduce((sum, count) => sum + count, 0);
    expect((await idleStats(router)).deployments).toMatchObject([
      { requests: asked, errors: 0, clientGone: 0, inFlight: 0 },
    ]);
    // Connections were used again: a new one now and then, where none had been given back yet.
    expect(current.accepted()).toBeLessThan(asked / 4);
  });

  it('lets what is in flight end on the old server, and sends the next to the new one', async () => {
    let finish: () => void = () => undefined;
    const old = await targetServer((_request, response) => {
      response.write('old begun;');
      finish = () => response.end('old done');
    });
    const fresh = await targetServer((_request, response) => void response.end('new'));
    const { port, lead, router } = await testRouter();
    const { routeId } = await lead('app', old.port);
    const client = rawConnection(port, 'GET / HTTP/1.1\r\nHost: app.localhost\r\n\r\n');
    await client.until((received) => received.includes('old begun;'));
    await router.updateRoute(routeId, { targetPort: fresh.port });
    finish();
    await client.until((received) => received.endsWith('\r\n0\r\n\r\n'));
    client.write('GET / HTTP/1.1\r\nHost: app.localhost\r\nConnection: close\r\n\r\n');
    expect((await client.closed).received).toMatch(/old begun;.*old done.*new/s);
    // Nothing holds on to the old server.
    await eventually(
      () => old.open.size,
      (open) => open === 0,
    );
  });

  it('keeps the connections to a server that stays', async () => {
    const target = await targetServer();
    const { port, lead, router } = await testRouter();
    const { routeId } = await lead('app', target.port);
    const client = rawConnection(port);
    for (const end of ['', 'Connection: close\r\n']) {
      client.write(`GET / HTTP/1.1\r\nHost: app.localhost\r\n${end}\r\n`);
      const count = end === '' ? 1 : 2;
      await client.until((received) => received.split('ok').length === count + 1);
      await router.updateRoute(routeId, { projectId: 'another', targetPort: target.port });
    }
    expect(target.accepted()).toBe(1);
  });

  it('that is removed answers what is in flight', async () => {
    let finish: () => void = () => undefined;
    const target = await targetServer((_request, response) => {
      finish = () => response.end('done');
    });
    const { port, lead, router } = await testRouter();
    const { routeId } = await lead('app', target.port);
    const client = rawConnection(port, 'GET / HTTP/1.1\r\nHost: app.localhost\r\nConnection: close\r\n\r\n');
    await eventually(
      () => target.open.size,
      (open) => open === 1,
    );
    await eventually(
      () => router.getStats().deployments[0]?.inFlight,
      (inFlight) => inFlight === 1,
    );
    await router.removeRoute(routeId);
    expect(router.getStats().deployments).toEqual([]);
    await eventually(
      () => finish.length,
      () => true,
    );
    finish();
    expect((await client.closed).received).toContain('done');
  });
});
