import assert from 'node:assert/strict';

import type { PortLease, PortStrategyPlugin } from '@project-runner/core';

import type { It } from './suite.ts';
import { testFactory } from './test-factory.ts';

export interface TestPortStrategyOptions {
  /** A strategy that can lease at least `ports` ports at once. */
  create(): PortStrategyPlugin;
  /** @default 5 */
  ports?: number;
}

/** Proves a port-strategy plugin with real sockets. */
export function testPortStrategy(it: It, { create, ports = 5 }: TestPortStrategyOptions): void {
  testFactory(it, 'port-strategy', create);
  const never = new AbortController().signal;
  const acquire = (strategy: PortStrategyPlugin, exclude: readonly number[] = []): Promise<PortLease> =>
    strategy.acquire({ exclude, owner: 'conformance' }, never);

  it('acquire: a lease has a port, a host and variables', async () => {
    const lease = await acquire(create());
    assert.ok(Number.isInteger(lease.port) && lease.port >= 1 && lease.port <= 65_535, `port ${lease.port}`);
    assert.equal(typeof lease.host, 'string');
    assert.equal(typeof lease.env, 'object');
    await lease.release();
  });

  it('acquire: leases at the same time never share a port', async () => {
    const strategy = create();
    const leases = await Promise.all(Array.from({ length: ports }, () => acquire(strategy)));
    const distinct = new Set(leases.map((lease) => lease.port));
    await Promise.all(leases.map((lease) => lease.release()));
    assert.equal(distinct.size, ports, 'two leases had the same port');
  });

  it('acquire: an excluded port is passed over', async () => {
    const strategy = create();
    const first = await acquire(strategy);
    await first.release();
    const second = await acquire(strategy, [first.port]);
    await second.release();
    assert.notEqual(second.port, first.port);
  });

  it('acquire: rejects when the signal has aborted', async () => {
    await assert.rejects(create().acquire({ exclude: [], owner: 'conformance' }, AbortSignal.abort()));
  });

  it('release: gives the port back, and a second call does nothing', async () => {
    const strategy = create();
    for (let round = 0; round < ports * 2; round += 1) {
      const lease = await acquire(strategy);
      await lease.release();
      await lease.release();
    }
  });
}
