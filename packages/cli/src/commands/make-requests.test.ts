import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { RunningServer } from '@project-runner/core';
import { expect, it, onTestFinished } from 'vitest';

import type { Reporter, ResponseInfo } from '../output/reporter.ts';
import { makeRequests } from './make-requests.ts';

it('tells every answer and whether all were good', async () => {
  const server = createServer(({ url }, response) => {
    if (url === '/gone') response.destroy();
    else response.writeHead(url === '/moved' ? 302 : 200, { location: '/' }).end(`at ${url}`);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port } as RunningServer;
  const told: ResponseInfo[] = [];
  const reporter = { response: (info) => told.push(info) } as Pick<Reporter, 'response'> as Reporter;
  const ask = (...paths: string[]): Promise<number> =>
    makeRequests(address, paths, reporter, new AbortController().signal);
  expect(await ask('/a?b=c', '/d')).toBe(0);
  expect(await ask('/gone', '/moved', '/a')).toBe(6);
  expect(told).toEqual([
    { path: '/a?b=c', status: 200, body: 'at /a?b=c' },
    { path: '/d', status: 200, body: 'at /d' },
    { path: '/gone', status: null, body: expect.stringMatching(/closed|hang up/) },
    { path: '/moved', status: 302, body: 'at /moved' },
    { path: '/a', status: 200, body: 'at /a' },
  ]);
});
