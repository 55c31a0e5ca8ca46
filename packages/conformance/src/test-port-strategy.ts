import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';

import type { PortLease, PortRequest, PortStrategyPlugin } from '@project-runner/core';

import { assertVariables } from './assert-command.ts';
import { bindFailure } from './bind-failure.ts';
import { anybody, atDesk, beforeServer, leasePatienceMs } from './port-desk.ts';
import type { Desk, PortCheck, Whose } from './port-desk.ts';
import type { It } from './suite.ts';
import { testFactory } from './test-factory.ts';
import { testPortHold } from './test-port-hold.ts';
import { testPortShare } from './test-port-share.ts';
import { testRequestedPort } from './test-requested-port.ts';
import { testSeveralPorts } from './test-several-ports.ts';
import { within } from './within.ts';

export interface TestPortStrategyOptions {
  /** A strategy that can lease at least `ports` ports at once. */
  create(): PortStrategyPlugin;
  /** @default 5 */
  ports?: number;
  /** For whom the suite asks, where a strategy gives ports to some only. @default a deployment that nobody knows */
  whose?: Pick<PortRequest, 'deploymentId' | 'projectId'>;
  /**
   * `hold()` of its leases answers a socket for servers to inherit. Has to be said of a strategy whose leases have `hold`;
   * `false` where it answers `null` on this platform.
   */
  holds?: boolean;
}

/** Proves a port-strategy plugin with real sockets and servers. */
export function testPortStrategy(
  it: It,
  { create, ports = 5, whose: given, holds }: TestPortStrategyOptions,
): void {
  const whose: Whose = given ?? { deploymentId: randomUUID(), projectId: randomUUID() };
  const withDesk = (strategy: PortStrategyPlugin, use: (desk: Desk) => Promise<unknown>): Promise<void> =>
    atDesk(strategy, whose, use);
  const withServer = (
    strategy: PortStrategyPlugin,
    use: (desk: Desk, port: number) => Promise<void>,
  ): Promise<void> => withDesk(strategy, (desk) => beforeServer(desk, use));
  const check: PortCheck = (name, use) => it(name, () => withDesk(create(), use));
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

  testRequestedPort(check);

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
          leasePatienceMs,
          ask().catch(() => null),
          'acquire must reject when its signal has aborted',
        );
        await found?.release();
        const which = 'port' in request ? 'the port asked for' : 'any port';
        const lease = `a lease of ${found?.port} for a request of ${which}`;
        assert.equal(found, null, `acquire must reject when its signal has aborted, found ${lease}`);
      }
    }));

  it('acquire: owner is for people, any text of it gets a port', () =>
    withDesk(create(), async ({ acquire }) => {
      for (const owner of ['', 'server "7" of shöp\n']) {
        const { release } = await acquire({ owner }).catch((error: unknown) => {
          throw new assert.AssertionError({
            message: `acquire must lease a port whatever owner is, which is for people (deploymentId and projectId say whose server it is); found for ${inspect(owner)}: ${String(error)}`,
          });
        });
        await release();
      }
    }));

  it('acquire: deploymentId and projectId may be missing', () =>
    atDesk(create(), {}, async ({ acquire }) => {
      const failure = await acquire().then(
        () => null,
        (error: unknown) => error,
      );
      assert.ok(
        // A strategy that gives ports to some may give none to whom it cannot know, but has to say so.
        failure === null || (given && !(failure instanceof TypeError)),
        `acquire must take a request without deploymentId and projectId, which servers of a host's own do not have; found ${String(failure)}`,
      );
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
      const { available } = strategy.stats();
      assert.ok(
        Number.isInteger(available) && available >= 0,
        `stats().available must be a whole number from 0, found ${inspect(available)}`,
      );
    }));

  testSeveralPorts(check);
  testPortShare(check);
  testPortHold(check, holds);
}
