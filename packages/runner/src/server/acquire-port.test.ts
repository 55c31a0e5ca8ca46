import { PluginSet } from '@project-runner/core';
import type { PortRequest } from '@project-runner/core';
import { expect, it } from 'vitest';

import { acquirePort, leaseHeldPort } from './acquire-port.ts';
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

it('tells a strategy whose server it is, also of one that runs already', async () => {
  const requests: PortRequest[] = [];
  const lease = { host: '127.0.0.1', port: 4111, env: {}, release: () => Promise.resolve() };
  const plugins = PluginSet.from([
    {
      kind: 'port-strategy',
      name: 'noting',
      apiVersion: 1,
      acquire(request) {
        requests.push(request);
        return Promise.resolve(lease);
      },
    },
  ]);
  const { signal } = new AbortController();
  const { server } = storedServer();
  const whose = { serverId: 's', deploymentId: 'd', projectId: 'p' };
  await acquirePort({ ...whose, plugins, signal, launch: { fixedPort: null } }, [4112]);
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  await leaseHeldPort({ plugins, signal, logger }, server, { projectId: 'p' });
  await leaseHeldPort({ plugins, signal, logger }, server, { projectId: '' });
  const { id, port, deploymentId } = server;
  const owner = `server ${id} of deployment ${deploymentId}`;
  expect(requests).toEqual([
    { exclude: [4112], owner: 'server s of deployment d', deploymentId: 'd', projectId: 'p' },
    { exclude: [], owner, deploymentId, projectId: 'p', port, held: true },
    { exclude: [], owner, deploymentId, port, held: true },
  ]);
});
