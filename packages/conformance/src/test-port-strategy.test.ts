import { ProjectRunnerError } from '@project-runner/core';
import type { PortRequest, PortStrategyPlugin } from '@project-runner/core';
import { afterEach, describe, expect, it } from 'vitest';

import { factoryVariations } from './factory-variations.test-support.ts';
import type { Variation } from './factory-variations.test-support.ts';
import { memoryPorts as mem } from './memory-ports.test-support.ts';
import { checksOf, failuresOf } from './run-suite.test-support.ts';
import type { It } from './suite.ts';
import { testPortStrategy } from './test-port-strategy.ts';

const timers: NodeJS.Timeout[] = [];
afterEach(() => timers.splice(0).forEach(clearInterval));

const suite =
  (create: () => PortStrategyPlugin) =>
  (it: It): void =>
    testPortStrategy(it, { create });

const code = 'acquire: the rejection of a port that is taken has the code PORT_UNAVAILABLE';
const described = 'acquire: a lease has a port, a host and variables';
const aborted = 'acquire: rejects when the signal has aborted';
const again = 'release: a second call does nothing';
const counts = 'stats: counts what is leased';

const several = 'ports: its own port and others, which nobody else gets';
const isFree = 'isFree: true while nobody has the ports, false where somebody has one';

const refuses = (isRefused: (request: PortRequest) => boolean) => (): PortStrategyPlugin => {
  const good = mem();
  return {
    ...good,
    async acquire(request, signal) {
      if (isRefused(request)) throw new Error('who is that?');
      return good.acquire(request, signal);
    },
  };
};

const variations: readonly Variation<PortStrategyPlugin>[] = [
  ...factoryVariations(mem, 'acquire', timers),
  [described, /host must be an address, found ''/, () => mem({ lease: () => ({ host: '' }) })],
  [
    described,
    /env must be an object, \{\} for none; found null/,
    () => mem({ lease: () => ({ env: null }) }),
  ],
  [described, /env\.PORT must be a string, found 1/, () => mem({ lease: () => ({ env: { PORT: 1 } }) })],
  [
    'acquire: a server can bind what was leased',
    // An address for documentation, which no machine has.
    /must be able to bind 192\.0\.2\.1:\d+, found Error: .*EADDRNOTAVAIL/,
    () => mem({ lease: () => ({ host: '192.0.2.1' }) }),
  ],
  [
    'acquire: leases at the same time never share a port',
    /must never lease a port twice, found \d+, 25900, 25900/,
    () => mem({ port: 25_900 }),
  ],
  [
    'acquire: an excluded port is passed over',
    /must pass over the ports of exclude, found \d+ again/,
    () =>
      mem({
        request: ({ exclude, ...request }) => ({ port: exclude[0], ...request, exclude: [] }) as PortRequest,
      }),
  ],
  [
    'acquire: another port than the one asked for will not do',
    /must reject where the port asked for is leased, found \d+ instead of \d+/,
    () => {
      const good = mem();
      return {
        ...good,
        acquire: (request, signal) =>
          good.acquire(request, signal).catch((error: unknown) => {
            const isLeased = good.stats?.().allocated.includes(request.port ?? 0);
            if (signal.aborted || request.held || !isLeased) throw error;
            return good.acquire({ exclude: [], owner: '' }, signal);
          }),
      };
    },
  ],
  [
    'acquire: a port that is asked for is not leased while somebody else listens on it',
    /must look \(and await what it sees\) .*found (\d+) leased for a request of \1/,
    () => mem({ looks: false }),
  ],
  [
    code,
    /PORT_UNAVAILABLE where the port asked for is leased, found Error: it is taken/,
    () => mem({ taken: () => new Error('it is taken') }),
  ],
  [
    code,
    /PORT_UNAVAILABLE where the port asked for is another process's, found the code PORTS_EXHAUSTED/,
    () => mem({ taken: (isLeased) => (isLeased ? null : new ProjectRunnerError('PORTS_EXHAUSTED', 'none')) }),
  ],
  [
    'acquire: a held port is leased while its server listens on it',
    /must lease a port with held, though a server listens on it: found a rejection for \d+/,
    () => mem({ looks: true }),
  ],
  [
    'acquire: a held port is not leased twice',
    /must reject with held where the port is leased, found \d+ leased twice/,
    () => mem({ shares: true }),
  ],
  [
    aborted,
    /must reject when its signal has aborted, found a lease of \d+/,
    () => mem({ signal: new AbortController().signal }),
  ],
  [
    aborted,
    /must reject when its signal has aborted, found a lease of \d+ for a request of the port asked for/,
    () => {
      const good = mem();
      const { signal } = new AbortController();
      return {
        ...good,
        acquire: (request, given) => good.acquire(request, request.port === undefined ? given : signal),
      };
    },
  ],
  [
    aborted,
    /must reject when its signal has aborted; waited for/,
    () => {
      const good = mem();
      return {
        ...good,
        acquire: (request, signal) =>
          signal.aborted ? new Promise(() => undefined) : good.acquire(request, signal),
      };
    },
  ],
  [
    'acquire: owner is for people, any text of it gets a port',
    /must lease a port whatever owner is.*; found for '': Error: who is that\?/,
    refuses(({ owner }) => owner === ''),
  ],
  [
    'acquire: deploymentId and projectId may be missing',
    /must take a request without deploymentId and projectId, .*; found Error: who is that\?/,
    refuses(({ deploymentId }) => deploymentId === undefined),
  ],
  [several, /must be all ports of the lease.*found \[ 1 \]/, () => mem({ lease: () => ({ ports: [1] }) })],
  [
    several,
    /must not be leased to anybody else, found 25901 in two leases/,
    () => mem({ lease: ({ port }) => ({ ports: [port, 25_901] }) }),
  ],
  [
    isFree,
    /isFree must answer true while nobody listens on \d+, found false/,
    () => mem({ lease: () => ({ isFree: () => Promise.resolve(false) }) }),
  ],
  [
    isFree,
    /isFree must answer false where another process listens.*found true with a server on \d+/,
    () =>
      mem({
        lease: ({ port }) => ({ ports: [port, port + 2000], isFree: () => Promise.resolve(true) }),
      }),
  ],
  [
    'share: leases of one key are of one port only where it has hold',
    /two servers cannot bind it; found \d+ leased twice and no hold/,
    () => mem({ key: ({ share }) => share }),
  ],
  [
    'release: gives the port back',
    /must give the port back: \d+ could not be leased again/,
    () => {
      const { stats: _, ...good } = mem({ keep: true });
      return good;
    },
  ],
  [
    again,
    /second release must do nothing: it took port \d+ from the lease/,
    () => mem({ releaseAgain: (port, leased) => leased.delete(port) }),
  ],
  [
    again,
    /second release must do nothing, it failed[^]*not leased/,
    () =>
      mem({
        releaseAgain: (port) => {
          throw new Error(`${port} is not leased`);
        },
      }),
  ],
  [counts, /must have the leased port \d+, found \[\]/, () => mem({ stats: () => [] })],
  [counts, /must forget \d+ after release/, () => mem({ stats: everLeased() })],
  [counts, /available must be a whole number from 0, found NaN/, () => mem({ available: Number.NaN })],
  [counts, /available must be a whole number from 0, found -1/, () => mem({ available: -1 })],
];

function everLeased(): (leased: Set<number>) => number[] {
  const ever = new Set<number>();
  return (leased) => {
    for (const port of leased) ever.add(port);
    return [...ever];
  };
}

describe('testPortStrategy', () => {
  it('passes a correct plugin, with stats and without', async () => {
    expect(await failuresOf(suite(mem))).toEqual([]);
    expect(
      await failuresOf(
        suite(() => {
          const { stats: _, ...least } = mem();
          return least;
        }),
      ),
    ).toEqual([]);
  });

  it('passes one that has no more than the two ports it says', async () => {
    const two = (): PortStrategyPlugin => mem({ most: 2 });
    expect(await failuresOf((it) => testPortStrategy(it, { create: two, ports: 2 }))).toEqual([]);
  });

  it('asks for whom the author says, where a strategy gives ports to some only', async () => {
    const choosy = (): PortStrategyPlugin => {
      const all = mem();
      return {
        ...all,
        async acquire(request, signal) {
          if (request.projectId !== 'shop') throw new Error(`${request.projectId} gets no port`);
          return all.acquire(request, signal);
        },
      };
    };
    const whose = { projectId: 'shop' };
    const careless = (): PortStrategyPlugin => {
      const all = mem();
      return {
        ...all,
        acquire: async (request, signal) =>
          (request.projectId as string).startsWith('shop')
            ? all.acquire(request, signal)
            : Promise.reject(new Error('not for you')),
      };
    };
    expect(await failuresOf((it) => testPortStrategy(it, { create: careless, whose }))).toEqual([
      {
        check: 'acquire: deploymentId and projectId may be missing',
        message: expect.stringMatching(/; found TypeError: Cannot read properties of undefined/),
      },
    ]);
    expect(await failuresOf((it) => testPortStrategy(it, { create: choosy, whose }))).toEqual([]);
    expect(await failuresOf(suite(choosy))).toContainEqual({
      check: 'acquire: a server can bind what was leased',
      message: expect.stringMatching(/^[\w-]{36} gets no port$/),
    });
  });

  it('has a broken plugin for each check', () => {
    const broken = new Set(variations.map(([check]) => check));
    const names = checksOf(suite(mem)).map(({ name }) => name);
    // Those are broken in ways that only a strategy has which holds sockets.
    expect(names.filter((name) => !broken.has(name))).toEqual([
      'share: nobody with another key gets the port',
      'share: an excluded port is not shared',
      'hold: a strategy that has it says whether it holds sockets here',
    ]);
  });

  it.each(variations)('finds with "%s" what should read %s', async (check, message, create) => {
    expect(await failuresOf(suite(create))).toEqual([{ check, message: expect.stringMatching(message) }]);
  });
});
