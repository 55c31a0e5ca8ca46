import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { testHealthProbe } from '@project-runner/conformance';
import { describe, expect, it } from 'vitest';

import { sampleProbe } from './sample-probe.ts';

describe('conformance', () => {
  testHealthProbe(it, { create: sampleProbe, http: true });

  describe('with a path of its own', () => {
    testHealthProbe(it, { create: () => sampleProbe({ path: '/up' }), http: true });
  });
});

it('asks the path of its options', async () => {
  const server = createServer(({ url }, response) => {
    response.statusCode = url === '/up' ? 200 : 503;
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port, path: '/' };
  const { signal } = new AbortController();
  try {
    expect(await sampleProbe({ path: '/up' }).check(target, signal)).toEqual({ healthy: true });
    expect(await sampleProbe().check(target, signal)).toEqual({
      healthy: false,
      message: 'Health check returned status 503',
    });
  } finally {
    server.close();
  }
});
