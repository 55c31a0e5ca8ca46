import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import { ProjectRunnerError } from '@project-runner/core';
import type { PortLease, PortStrategyPlugin } from '@project-runner/core';

export interface SamplePortsOptions {
  /** Address that servers bind. @default '127.0.0.1' */
  host?: string;
}

/** Leases ports that the system chooses. Other runners on the machine do not see these leases. */
export function samplePorts({ host = '127.0.0.1' }: SamplePortsOptions = {}): PortStrategyPlugin {
  const leased = new Set<number>();
  const lease = (port: number): PortLease => {
    let released = false;
    return {
      port,
      host,
      env: {},
      async release() {
        // By a second call the port may be somebody else's.
        if (!released) leased.delete(port);
        released = true;
      },
    };
  };
  return {
    kind: 'port-strategy',
    name: 'sample',
    apiVersion: 1,
    async acquire({ port, held = false, exclude }, signal) {
      signal.throwIfAborted();
      const claimed = await (port === undefined
        ? claimAny(leased, host, exclude)
        : claim(leased, host, port, held));
      if (signal.aborted) leased.delete(claimed);
      signal.throwIfAborted();
      return lease(claimed);
    },
    stats: () => ({ allocated: [...leased].toSorted((a, b) => a - b), available: 65_535 - leased.size }),
  };
}

/** `held`: a server of ours listens on it already. */
async function claim(leased: Set<number>, host: string, port: number, held: boolean): Promise<number> {
  const taken = new ProjectRunnerError('PORT_UNAVAILABLE', `Port ${port} of ${host} is taken`);
  if (leased.has(port)) throw taken;
  // Before the look, which takes a while: nobody else may find the port free meanwhile.
  leased.add(port);
  if (!held && (await boundPort(host, port)) === null) {
    leased.delete(port);
    throw taken;
  }
  return port;
}

async function claimAny(leased: Set<number>, host: string, exclude: readonly number[]): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = await boundPort(host, 0);
    if (port === null || exclude.includes(port) || leased.has(port)) continue;
    leased.add(port);
    return port;
  }
  throw new ProjectRunnerError('PORTS_EXHAUSTED', `No port of ${host} is free`);
}

/** The port that a server could bind, `null` where it could not. */
function boundPort(host: string, port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, host, () => {
      const bound = (server.address() as AddressInfo).port;
      server.close(() => resolve(bound));
    });
  });
}
