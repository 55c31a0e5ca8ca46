import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, it, onTestFinished } from 'vitest';

import { defaultPaths } from './default-paths.ts';

it.each([
  [200, { path: '/health', optional: true }, '/health'],
  [500, { path: '/health', optional: true }, '/health'],
  [404, { path: '/health', optional: true }, '/'],
  [405, null, '/'],
  [404, { path: '/ping', optional: false }, '/ping'],
])('a server that answers %i, probed at %j → %s', async (status, probed, expected) => {
  const server = createServer((_request, response) => response.writeHead(status).end()).listen(
    0,
    '127.0.0.1',
  );
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { signal } = new AbortController();
  expect(await defaultPaths({ host: '127.0.0.1', port }, probed, signal)).toEqual([expected]);
});

it('leaves it to the request to say that nobody answers', async () => {
  const signal = AbortSignal.abort();
  expect(await defaultPaths({ host: '127.0.0.1', port: 1 }, null, signal)).toEqual(['/health']);
});
