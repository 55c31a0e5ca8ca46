import { PluginSet } from '@project-runner/core';
import { expect, it } from 'vitest';

import { leaseHeldPort } from './acquire-port.ts';
import { storedServer } from './stored-server.test-support.ts';

it('leaves a server its port when that cannot be leased, and says so', async () => {
  const warnings: unknown[][] = [];
  const full = new Error('ENOSPC: no space left on device');
  const plugins = PluginSet.from([
    { kind: 'port-strategy', name: 'full', apiVersion: 1, acquire: () => Promise.reject(full) },
  ]);
  const { server } = storedServer();
  const lease = await leaseHeldPort(
    {
      plugins,
      signal: new AbortController().signal,
      logger: { debug() {}, info() {}, warn: (...told) => void warnings.push(told), error() {} },
    },
    server,
  );
  expect(lease).toMatchObject({ host: server.host, port: server.port });
  await lease.release();
  expect(warnings).toEqual([
    [
      `Port ${server.port} of server ${server.id} could not be leased; the server runs on without a lease`,
      expect.objectContaining({ cause: full }),
    ],
  ]);
});
