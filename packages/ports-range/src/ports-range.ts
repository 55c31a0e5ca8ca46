import { ProjectRunnerError } from '@project-runner/core';
import type { PortLease, PortRequest, PortStrategyPlugin } from '@project-runner/core';
import { readLease, takeLease } from '@project-runner/leases';
import type { Lease } from '@project-runner/leases';

import { defaultLeaseDir } from './default-lease-dir.ts';
import { isPortFree } from './is-port-free.ts';

export interface PortsRangeOptions {
  /** Inclusive. @default 4111 */
  start?: number;
  /** Inclusive. @default 4200 */
  end?: number;
  /** What servers are told to bind. @default '127.0.0.1' */
  host?: string;
  /** Handed out only when nothing else is left. @default [4111], which a bare Mastra server takes */
  last?: readonly number[];
  /** Where leases are kept; runners that share ports share it. @default a folder of the user */
  leaseDir?: string;
}

/** A free port in a range, leased across processes. @throws ProjectRunnerError `CONFIG_INVALID` */
export function portsRange(options: PortsRangeOptions = {}): PortStrategyPlugin {
  const {
    start = 4111,
    end = 4200,
    host = '127.0.0.1',
    last = [4111],
    leaseDir = defaultLeaseDir(),
  } = options;
  if (!isPort(start) || !isPort(end) || start > end) {
    throw new ProjectRunnerError(
      'CONFIG_INVALID',
      `portsRange: start and end must be ports from 1 to 65535 with start <= end; found ${start} and ${end}`,
    );
  }
  const range = Array.from({ length: end - start + 1 }, (_, index) => start + index);
  const order = [
    ...range.filter((port) => !last.includes(port)),
    ...range.filter((port) => last.includes(port)),
  ];
  const ours = new Map<number, PortLease>();

  const lease = async (port: number, owner: string, held = false): Promise<PortLease | null> => {
    if (ours.has(port)) return null;
    const release = takeLease(leaseDir, String(port), owner);
    if (!release) return null;
    const result: PortLease = {
      port,
      host,
      env: {},
      release: () => {
        if (ours.get(port) === result) {
          ours.delete(port);
          release();
        }
        return Promise.resolve();
      },
    };
    // Ours before the first await, so that a second call in this process passes it over.
    ours.set(port, result);
    if (held || (await isPortFree(port))) return result;
    await result.release();
    return null;
  };

  return {
    kind: 'port-strategy',
    name: 'range',
    apiVersion: 1,
    async acquire(request, signal) {
      signal.throwIfAborted();
      if (request.port !== undefined) {
        const result = await exactly(request.port, request, leaseDir, lease);
        if (!signal.aborted) return result;
        await result.release();
        throw signal.reason;
      }
      for (const port of order) {
        if (ours.has(port) || request.exclude.includes(port)) continue;
        signal.throwIfAborted();
        const result = await lease(port, request.owner);
        if (!result) continue;
        if (!signal.aborted) return result;
        await result.release();
      }
      signal.throwIfAborted();
      throw new ProjectRunnerError(
        'PORTS_EXHAUSTED',
        `No free port from ${start} to ${end}: ${ours.size} of ${range.length} are leased here, the others are taken by other processes`,
        { hint: 'Stop a server, or give the runner a larger portRange' },
      );
    },
    stats: () => ({
      allocated: [...ours.keys()].toSorted((a, b) => a - b),
      available: range.filter((port) => !ours.has(port)).length,
    }),
  };
}

async function exactly(
  port: number,
  { owner, held }: PortRequest,
  leaseDir: string,
  lease: (port: number, owner: string, held?: boolean) => Promise<PortLease | null>,
): Promise<PortLease> {
  if (!isPort(port)) {
    throw new ProjectRunnerError(
      'PORT_UNAVAILABLE',
      `A port is a whole number from 1 to 65535; found ${port}`,
    );
  }
  const result = await lease(port, owner, held);
  if (result) return result;
  const leased = readLease(leaseDir, String(port));
  throw new ProjectRunnerError('PORT_UNAVAILABLE', `Port ${port} is not free: ${describe(leased)}`, {
    hint: 'Stop who has it, or let the runner choose a port: a server is started before the one it replaces is stopped',
  });
}

/** The pid of a holder is that of its runner, which says nothing where that is this very process. */
function describe(leased: Lease | null): string {
  if (!leased) return 'another process listens on it';
  const { owner, pid, since } = leased;
  const by = pid === process.pid ? 'this process' : `process ${pid}`;
  return `${owner} has it, leased by ${by} at ${since}`;
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65_535;
}
