import { ProjectRunnerError } from '@project-runner/core';
import type { PortLease, PortRequest, PortStrategyPlugin } from '@project-runner/core';
import { portsRange } from '@project-runner/ports-range';

import { canBind } from './can-bind.ts';

/** Which of the two ports a variable tells. */
export type PairPort = 'first' | 'second';

export interface PortsPairOptions {
  /** Inclusive, the first port of the first pair. @default 37100 */
  start?: number;
  /** Inclusive. @default 37900 */
  end?: number;
  /** What servers are told to bind. @default '127.0.0.1' */
  host?: string;
  /** Variables that tell a server its ports. @default PORT: 'first', API_SERVER_PORT and SKILL_SERVER_PORT: 'second' */
  env?: Readonly<Record<string, PairPort>>;
  /** Where leases are kept; runners that share ports share it. @default a folder of the user */
  leaseDir?: string;
}

export const defaultPairRange: Readonly<{ start: number; end: number }> = { start: 37_100, end: 37_900 };

export const defaultPairEnv: Readonly<Record<string, PairPort>> = {
  PORT: 'first',
  API_SERVER_PORT: 'second',
  SKILL_SERVER_PORT: 'second',
};

/**
 * Two ports in a row, leased together; the lease has the first one. It stands on `ports-range`, so that no runner of the
 * user gets either of them.
 * @throws ProjectRunnerError `CONFIG_INVALID`
 */
export function portsPair(options: PortsPairOptions = {}): PortStrategyPlugin {
  const { start, end } = { ...defaultPairRange, ...withoutUndefined(options) };
  const { host = '127.0.0.1', env: variables = defaultPairEnv, leaseDir } = options;
  const range = portsRange({ start, end, host, last: [], ...(leaseDir === undefined ? {} : { leaseDir }) });
  if (end === start) {
    throw new ProjectRunnerError('CONFIG_INVALID', `portsPair: a pair needs two ports; found ${start} only`);
  }
  const firsts = Array.from({ length: Math.floor((end - start + 1) / 2) }, (_, index) => start + index * 2);
  const ours = new Set<number>();

  const lease = async (port: number, request: PortRequest, signal: AbortSignal): Promise<PortLease> => {
    const first = await range.acquire({ ...request, port }, signal);
    let second: PortLease;
    try {
      second = await range.acquire({ ...request, port: port + 1 }, signal);
    } catch (error) {
      await first.release();
      throw error;
    }
    ours.add(port);
    let held = true;
    return {
      port,
      host,
      ports: [port, port + 1],
      // The runner sees who answers on the first one; the second one nobody looks at once the server is started.
      isFree: () => canBind(port + 1, host),
      env: Object.fromEntries(
        Object.entries(variables).map(([name, which]) => [name, String(which === 'first' ? port : port + 1)]),
      ),
      async release() {
        if (!held) return;
        held = false;
        ours.delete(port);
        await Promise.all([first.release(), second.release()]);
      },
    };
  };

  return {
    kind: 'port-strategy',
    name: 'pair',
    apiVersion: 1,
    async acquire(request, signal) {
      if (request.port !== undefined) return lease(request.port, request, signal);
      for (const port of firsts) {
        if (ours.has(port) || request.exclude.includes(port)) continue;
        signal.throwIfAborted();
        try {
          return await lease(port, request, signal);
        } catch (error) {
          // One of the two is somebody else's.
          if (!ProjectRunnerError.is(error) || error.code !== 'PORT_UNAVAILABLE') throw error;
        }
      }
      signal.throwIfAborted();
      throw new ProjectRunnerError(
        'PORTS_EXHAUSTED',
        `No two free ports in a row from ${start} to ${end}: ${ours.size} of ${firsts.length} pairs are leased here, of the others at least one port is taken by other processes`,
        { hint: 'Stop a server, or give a larger range' },
      );
    },
    stats: () => ({
      allocated: [...ours].flatMap((port) => [port, port + 1]).toSorted((a, b) => a - b),
      available: firsts.filter((port) => !ours.has(port)).length,
    }),
  };
}

function withoutUndefined({ start, end }: PortsPairOptions): { start?: number; end?: number } {
  return { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
}
