import { createServer } from 'node:net';

import { ProjectRunnerError } from '@project-runner/core';
import type { PortLease, PortRequest, PortStrategyPlugin } from '@project-runner/core';

/** What is done differently from the strategy that is right. */
export interface MemoryPortsBreaks {
  request?: (request: PortRequest) => PortRequest;
  signal?: AbortSignal;
  lease?: (lease: PortLease) => object;
  /** What `release` does beyond the first call. */
  releaseAgain?: (port: number, leased: Set<number>) => void;
  keep?: boolean;
  /** Looks whether a port that is asked for is free: always, or never. @default where no server is to have it already */
  looks?: boolean;
  /** What is thrown for a port that is taken. */
  taken?: (isLeased: boolean) => unknown;
  available?: number;
  /** Leases a held port to anybody. */
  shares?: boolean;
  /** The one port for everybody who asks while somebody else does. */
  port?: number;
  /** Leases the port of a key again to those whose key, made by this, is the same. */
  key?: (request: PortRequest) => string | undefined;
  stats?: (leased: Set<number>) => number[];
  /** So many ports at once. @default no limit */
  most?: number;
}

/** Free ports, leased in memory. */
export function memoryPorts({ stats, ...breaks }: MemoryPortsBreaks = {}): PortStrategyPlugin {
  const leased = new Set<number>();
  const ofKeys = new Map<string, number>();
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
    const looks = wanted !== undefined && (breaks.looks ?? !asked.held);
    if (isLeased || (looks && !(await isFree(wanted))))
      throw breaks.taken?.(isLeased) ?? new ProjectRunnerError('PORT_UNAVAILABLE', `${wanted}`);
    if (leased.size >= (breaks.most ?? Infinity))
      throw new ProjectRunnerError('PORTS_EXHAUSTED', `${leased.size} ports are leased`);
    const key = breaks.key?.(asked);
    const shared = key === undefined ? undefined : ofKeys.get(key);
    let port = wanted ?? shared ?? (asking > 0 ? breaks.port : undefined) ?? (await queued(freePort));
    if (exclude.includes(port)) port = await freePort();
    leased.add(port);
    if (key !== undefined) ofKeys.set(key, port);
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
    stats: () => ({ allocated: stats?.(leased) ?? [...leased], available: breaks.available ?? 100 }),
  };
}

let last = 28_000;

/** Each port once: one that the system chooses could come back while another check still binds it. */
export async function freePort(): Promise<number> {
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
