import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { inspect } from 'node:util';

import type { PortLease, PortRequest, PortStrategyPlugin } from '@project-runner/core';

import { assertVariables } from './assert-command.ts';
import { bindFailure } from './bind-failure.ts';
import type { It } from './suite.ts';
import { testFactory } from './test-factory.ts';
import { within } from './within.ts';

export interface TestPortStrategyOptions {
  /** A strategy that can lease at least `ports` ports at once. */
  create(): PortStrategyPlugin;
  /** @default 5 */
  ports?: number;
  /** For whom the suite asks, where a strategy gives ports to some only. @default a deployment that nobody knows */
  whose?: Pick<PortRequest, 'deploymentId' | 'projectId'>;
}

type Whose = NonNullable<TestPortStrategyOptions['whose']>;

interface Desk {
  strategy: PortStrategyPlugin;
  acquire(request?: Partial<PortRequest>): Promise<PortLease>;
  /** `null` where the strategy rejects. */
  tryAcquire(request?: Partial<PortRequest>): Promise<PortLease | null>;
}

const patienceMs = 3000;
const anybody = { exclude: [], owner: 'conformance' };

/** Proves a port-strategy plugin with real sockets. */
export function testPortStrategy(
  it: It,
  {
    create,
    ports = 5,
    whose = { deploymentId: randomUUID(), projectId: randomUUID() },
  }: TestPortStrategyOptions,
): void {
  const withDesk = (strategy: PortStrategyPlugin, use: (desk: Desk) => Promise<unknown>): Promise<void> =>
    atDesk(strategy, whose, use);
  const withServer = (
    strategy: PortStrategyPlugin,
    use: (desk: Desk, port: number) => Promise<void>,
  ): Promise<void> => beforeServer(strategy, whose, use);
  // With one there is nothing to see of leases at the same time.
  if (ports < 2) throw new TypeError(`ports must be 2 or more, found ${ports}`);
  testFactory(it, {
    kind: 'port-strategy',
    create,
    use: (strategy) => withDesk(strategy, (desk) => desk.acquire()),
  });

  it('acquire: a lease has a port, a host and variables', () =>
    withDesk(create(), async ({ acquire }) => {
      const { port, host, env } = await acquire();
      assert.ok(
        Number.isInteger(port) && port >= 1 && port <= 65_535,
        `port must be a whole number from 1 to 65535, found ${inspect(port)}`,
      );
      assert.ok(typeof host === 'string' && host !== '', `host must be an address, found ${inspect(host)}`);
      assert.ok(
        typeof env === 'object' && env !== null,
        `env must be an object, {} for none; found ${inspect(env)}`,
      );
      assertVariables(env, 'env');
    }));

  it('acquire: a server can bind what was leased', () =>
    withDesk(create(), async ({ acquire }) => {
      const { port, host } = await acquire();
      const failure = await bindFailure(port, host);
      assert.equal(failure, null, `a server must be able to bind ${host}:${port}, found ${String(failure)}`);
    }));

  it('acquire: leases at the same time never share a port', () =>
    withDesk(create(), async ({ acquire }) => {
      const leases = await Promise.all(Array.from({ length: ports }, () => acquire()));
      const found = leases.map((lease) => lease.port);
      assert.equal(
        new Set(found).size,
        ports,
        `acquire must never lease a port twice, found ${found.join(', ')}`,
      );
    }));

  it('acquire: an excluded port is passed over', () =>
    withDesk(create(), async ({ acquire }) => {
      const first = await acquire();
      await first.release();
      const { port } = await acquire({ exclude: [first.port] });
      assert.notEqual(port, first.port, `acquire must pass over the ports of exclude, found ${port} again`);
    }));

  it('acquire: another port than the one asked for will not do', () =>
    withDesk(create(), async ({ acquire, tryAcquire }) => {
      const { port } = await acquire();
      const lease = await tryAcquire({ port });
      assert.equal(
        lease,
        null,
        `acquire must reject where the port asked for is leased, found ${lease?.port} instead of ${port}`,
      );
    }));

  it('acquire: a held port is leased while its server listens on it', () =>
    withServer(create(), async ({ tryAcquire }, port) => {
      const lease = await tryAcquire({ port, held: true });
      assert.equal(
        lease?.port,
        port,
        `acquire must lease a port with held, though a server listens on it: found ${lease ? lease.port : 'a rejection'} for ${port}`,
      );
    }));

  it('acquire: a held port is not leased twice', () =>
    withServer(create(), async ({ tryAcquire }, port) => {
      // Where it is not leased at all there is nobody to share it with.
      if (!(await tryAcquire({ port, held: true }))) return;
      const second = await tryAcquire({ port, held: true });
      assert.equal(
        second,
        null,
        `acquire must reject with held where the port is leased, found ${second?.port} leased twice`,
      );
    }));

  it('acquire: rejects when the signal has aborted', () =>
    withDesk(create(), async ({ strategy, acquire }) => {
      const { port, release } = await acquire();
      await release();
      for (const request of [{}, { port }]) {
        const ask = async (): Promise<PortLease> =>
          strategy.acquire({ ...anybody, ...whose, ...request }, AbortSignal.abort());
        const found = await within(
          patienceMs,
          ask().catch(() => null),
          'acquire must reject when its signal has aborted',
        );
        await found?.release();
        const which = 'port' in request ? 'the port asked for' : 'any port';
        const lease = `a lease of ${found?.port} for a request of ${which}`;
        assert.equal(found, null, `acquire must reject when its signal has aborted, found ${lease}`);
      }
    }));

  it('release: gives the port back', () =>
    withDesk(create(), async ({ acquire, tryAcquire }) => {
      const lease = await acquire();
      const { port } = lease;
      await lease.release();
      const again = await tryAcquire({ port });
      assert.equal(again?.port, port, `release must give the port back: ${port} could not be leased again`);
    }));

  it('release: a second call does nothing', () =>
    withDesk(create(), async ({ acquire, tryAcquire }) => {
      const first = await acquire();
      await first.release();
      const second = await tryAcquire({ port: first.port });
      await assert.doesNotReject(async () => first.release(), 'a second release must do nothing, it failed');
      // Where the port did not come back there is nobody whom a second call could hurt.
      if (second?.port !== first.port) return;
      const third = await tryAcquire({ port: first.port });
      assert.notEqual(
        third?.port,
        first.port,
        `a second release must do nothing: it took port ${first.port} from the lease that has it now`,
      );
    }));

  it('stats: counts what is leased', () =>
    withDesk(create(), async ({ strategy, acquire }) => {
      if (!strategy.stats) return;
      const lease = await acquire();
      const { port } = lease;
      const during = strategy.stats().allocated;
      assert.ok(
        during.includes(port),
        `stats().allocated must have the leased port ${port}, found ${inspect(during)}`,
      );
      await lease.release();
      const after = strategy.stats().allocated;
      assert.ok(
        !after.includes(port),
        `stats().allocated must forget ${port} after release, found ${inspect(after)}`,
      );
    }));
}

/** Gives back whatever was leased: ports are scarce, and a check that fails must not fail the next one. */
async function atDesk(
  strategy: PortStrategyPlugin,
  whose: Whose,
  use: (desk: Desk) => Promise<unknown>,
): Promise<void> {
  const leases: PortLease[] = [];
  const acquire = async (request: Partial<PortRequest> = {}): Promise<PortLease> => {
    const lease = strategy.acquire({ ...anybody, ...whose, ...request }, new AbortController().signal);
    const found = await within(patienceMs, lease, 'acquire must answer a lease or reject');
    leases.push(found);
    return found;
  };
  try {
    await use({ strategy, acquire, tryAcquire: (request) => acquire(request).catch(refused) });
  } finally {
    await Promise.allSettled(leases.map(async (lease) => lease.release()));
  }
}

/** With a server on a port of the strategy, as one that an earlier runner has started. */
function beforeServer(
  strategy: PortStrategyPlugin,
  whose: Whose,
  use: (desk: Desk, port: number) => Promise<void>,
): Promise<void> {
  return atDesk(strategy, whose, async (desk) => {
    const { port, host, release } = await desk.acquire();
    await release();
    const again = await desk.tryAcquire({ port });
    await again?.release();
    const server = createServer();
    const bound = new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, host, () => resolve(true));
    });
    // A port that does not come back, and one that nobody can bind, are told by the checks that are about them.
    if (!(await bound) || !again) return void server.close();
    try {
      await use(desk, port);
    } finally {
      server.close();
    }
  });
}

/** Rejecting is an answer here, never settling is not. */
function refused(error: unknown): null {
  if (error instanceof assert.AssertionError) throw error;
  return null;
}
