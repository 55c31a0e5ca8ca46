import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { idleStats } from '../support/idle-stats.ts';
import { targetServer } from '../support/target-server.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { testRouter } from '../support/test-router.ts';

async function get(port: number): Promise<{ status: number; body: string }> {
  const outgoing = request({
    port,
    host: '127.0.0.1',
    headers: { host: 'app.localhost', connection: 'close' },
  });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: incoming.statusCode ?? 0, body: Buffer.concat(await incoming.toArray()).toString() };
}

describe('a route that is removed when it is idle', () => {
  it('stays while a request is in flight, its body included', async () => {
    const { router, port, lead } = await testRouter();
    const begun = Promise.withResolvers<ServerResponse>();
    const target = await targetServer((_request, response) => {
      response.write('first ');
      begun.resolve(response);
    });
    const { routeId } = await lead('app', target.port);
    const answer = get(port);
    const response = await begun.promise;
    expect(await router.removeIdleRoute(routeId)).toBe(false);
    response.end('last');
    expect(await answer).toEqual({ status: 200, body: 'first last' });
    await idleStats(router);
    expect(await router.removeIdleRoute(routeId)).toBe(true);
    expect(await router.getRoute('app')).toBeNull();
    expect(await router.removeIdleRoute(routeId)).toBe(true);
    await router.close();
    await expect(router.removeIdleRoute(routeId)).rejects.toMatchObject({ code: 'ROUTER_CLOSED' });
  });

  it('stays for a request that comes while it is written down, or is gone for it, never between the two', async () => {
    const routesFile = join(tempFolder(), 'routes.json');
    const { router, port, lead } = await testRouter({ routesFile });
    const target = await targetServer();
    const seen = new Set<boolean>();
    for (let round = 0; round < 60; round += 1) {
      const known = await router.getRoute('app');
      const { routeId } = known ?? (await lead('app', target.port));
      const answer = get(port);
      // Earlier or later, so that it comes before, while, and after the file is written.
      for (let turn = 0; turn < round % 12; turn += 1) await new Promise(setImmediate);
      const gone = await router.removeIdleRoute(routeId);
      const { status } = await answer;
      expect(gone || status === 200).toBe(true);
      expect((await router.getRoute('app')) === null).toBe(gone);
      expect(readFileSync(routesFile, 'utf8').includes(routeId)).toBe(!gone);
      seen.add(gone);
      await idleStats(router);
    }
    expect(seen).toContain(true);
  });

  it('goes at once for requests that come later: they wake', async () => {
    const target = await targetServer();
    const { router, port, lead } = await testRouter({
      wake: async () => void (await lead('app', target.port)),
    });
    const { routeId } = await lead('app', target.port);
    expect(await router.removeIdleRoute(routeId)).toBe(true);
    expect(await get(port)).toEqual({ status: 200, body: 'ok' });
  });

  it('goes on counting when it is there again, unlike one that was taken away', async () => {
    const { router, port, lead } = await testRouter();
    const target = await targetServer();
    const { routeId } = await lead('app', target.port);
    await get(port);
    const [before] = (await idleStats(router)).deployments;
    expect(before).toMatchObject({ requests: 1, errors: 0 });
    expect(await router.removeIdleRoute(routeId)).toBe(true);
    expect(router.getStats().deployments).toEqual([]);
    const again = await lead('app', target.port);
    expect(router.getStats().deployments).toEqual([before]);
    await get(port);
    const [after] = (await idleStats(router)).deployments;
    expect(after?.requests).toBe(2);
    await router.removeRoute(again.routeId);
    await lead('app', target.port);
    expect(router.getStats().deployments).toMatchObject([{ requests: 0, lastActiveAt: null }]);
  });
});
