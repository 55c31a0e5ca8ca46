import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import { expect, it, onTestFinished } from 'vitest';

import { createRouterHttp } from './create-router-http.ts';

it('a paused route is not healthy, without a look at its port, which accepts; the stats tell of it', async () => {
  let connections = 0;
  const held = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined).end('HTTP/1.1 204 No Content\r\n\r\n');
  });
  held.listen(0, '127.0.0.1');
  await once(held, 'listening');
  onTestFinished(() => void held.close());
  const router = createRouterHttp();
  onTestFinished(() => router.close());
  const { routeId } = await router.registerRoute({
    deploymentId: 'shop',
    projectId: 'shop',
    subdomain: 'shop',
    targetHost: '127.0.0.1',
    targetPort: (held.address() as AddressInfo).port,
  });
  expect(router.getStats().deployments).toMatchObject([{ isPaused: false }]);
  await router.setRoutePaused(routeId, true);
  expect(await router.checkRouteHealth(routeId)).toEqual({ healthy: false, message: 'The route is paused' });
  expect(connections).toBe(0);
  expect(router.getStats().deployments).toMatchObject([{ isPaused: true }]);
  await router.setRoutePaused(routeId, false);
  expect(await router.checkRouteHealth(routeId)).toEqual({ healthy: true });
  expect(connections).toBe(1);
});
