import { createServer } from 'node:net';

import { ProjectRunnerError } from '@project-runner/core';
import type { PortLease, PortRequest, PortStrategyPlugin } from '@project-runner/core';
import { afterEach, describe, expect, it } from 'vitest';

import { factoryVariations } from './factory-variations.test-support.ts';
import type { Variation } from './factory-variations.test-support.ts';
import { checksOf, failuresOf } from './run-suite.test-support.ts';
import type { It } from './suite.ts';
import { testPortStrategy } from './test-port-strategy.ts';

const timers: NodeJS.Timeout[] = [];
afterEach(() => timers.splice(0).forEach(clearInterval));

interface Breaks {
  request?: (request: PortRequest) => PortRequest;
  signal?: AbortSignal;
  lease?: (lease: PortLease) => object;
  /** What `release` does beyond the first call. */
  releaseAgain?: (port: number, leased: Set<number>) => void;
  keep?: boolean;
  /** Looks whether a port that is asked for is free. */
  looks?: boolean;
  /** Leases a held port to anybody. */
  shares?: boolean;
  /** The one port for everybody who asks while somebody else does. */
  port?: number;
  stats?: (leased: Set<number>) => number[];
}

/** Free ports, leased in memory. */
function mem({ stats, ...breaks }: Breaks = {}): PortStrategyPlugin {
  const leased = new Set<number>();
  let asking = 0;
  const queued = async (find: () => Promise<number>): Promise<number> => {
    asking += 1;
    return find().finally(() => (asking -= 1));
  };
  const acquire = async (asked: PortRequest, given: AbortSignal): Promise<PortLease> => {
    const { port: wanted, exclude } = (breaks.request ?? ((request) => request))(asked);
    const signal = breaks.signal ?? given;
    signal.throwIfAborted();
    const isLeased = wanted !== undefined && leased.has(wanted) && !(breaks.shares && asked.held);
    if (isLeased || (breaks.looks && wanted !== undefined && !(await isFree(wanted))))
      throw new ProjectRunnerError('PORT_UNAVAILABLE', `${wanted}`);
    let port = wanted ?? (asking > 0 ? breaks.port : undefined) ?? (await queued(freePort));
    if (exclude.includes(port)) port = await freePort();
    leased.add(port);
    let released = false;
    const lease: PortLease = {
      port,
      host: '127.0.0.1',
      env: {},
      release: async () => {
        if (released) return breaks.releaseAgain?.(port, leased);
        released = true;
        if (!breaks.keep) leased.delete(port);
      },
    };
    return { ...lease, ...breaks.lease?.(lease) };
  };
  return {
    kind: 'port-strategy',
    name: 'mem',
    apiVersion: 1,
    acquire,
    stats: () => ({ allocated: stats?.(leased) ?? [...leased], available: 100 }),
  };
}

let last = 26_000;

/** Each port once: one that the system chooses could come back while another check still binds it. */
async function freePort(): Promise<number> {
  const port = (last += 1);
  return (await isFree(port)) ? port : freePort();
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

const suite =
  (create: () => PortStrategyPlugin) =>
  (it: It): void =>
    testPortStrategy(it, { create });

const described = 'acquire: a lease has a port, a host and variables';
const aborted = 'acquire: rejects when the signal has aborted';
const again = 'release: a second call does nothing';
const counts = 'stats: counts what is leased';

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
            if (signal.aborted || request.held) throw error;
            return good.acquire({ exclude: [], owner: '' }, signal);
          }),
      };
    },
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
    expect(await failuresOf((it) => testPortStrategy(it, { create: choosy, whose }))).toEqual([]);
    expect(await failuresOf(suite(choosy))).toContainEqual({
      check: 'acquire: a server can bind what was leased',
      message: expect.stringMatching(/^[\w-]{36} gets no port$/),
    });
  });

  it('has a broken plugin for each check', () => {
    const names = checksOf(suite(mem)).map(({ name }) => name);
    expect(new Set(variations.map(([check]) => check))).toEqual(new Set(names));
  });

  it.each(variations)('finds with "%s" what should read %s', async (check, message, create) => {
    expect(await failuresOf(suite(create))).toEqual([{ check, message: expect.stringMatching(message) }]);
  });
});
