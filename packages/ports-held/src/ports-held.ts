import { ProjectRunnerError } from '@project-runner/core';
import type { Logger, PortLease, PortRequest, PortStrategyPlugin } from '@project-runner/core';
import { portsRange } from '@project-runner/ports-range';
import type { PortsRangeOptions } from '@project-runner/ports-range';

import { createHeldPort } from './held-port.ts';
import type { HeldPort } from './held-port.ts';

export interface PortsHeldOptions extends PortsRangeOptions {
  /** From SIGTERM until the open requests of a server are given up, in ms; below the runner's `stopGraceMs`. @default 8000 */
  drainMs?: number;
  /** Told why a socket cannot be held. @default silent */
  logger?: Logger;
}

/**
 * A port in a range whose socket the runner holds and servers inherit: it is never refused while a server starts again, and
 * the old and the new server of a redeploy share it. Where that cannot be, it is leased as `portsRange` does.
 * @throws ProjectRunnerError `CONFIG_INVALID`
 */
export function portsHeld(options: PortsHeldOptions = {}): PortStrategyPlugin {
  const { drainMs = 8000, logger, ...rangeOptions } = options;
  if (!Number.isInteger(drainMs) || drainMs < 0 || drainMs > 2 ** 31 - 1) {
    throw new ProjectRunnerError(
      'CONFIG_INVALID',
      `portsHeld: drainMs must be a whole number of ms from 0; found ${String(drainMs)}`,
    );
  }
  const range = portsRange(rangeOptions);
  /** Of each key, oldest first: a failed deploy may have had a second port beside the one that serves. */
  const held = new Map<string, HeldPort[]>();

  const share = (key: string, ports: PortLease): PortLease => {
    const port: HeldPort = createHeldPort(ports, {
      drainMs,
      onFallback: (reason) =>
        logger?.warn(`Port ${ports.port} is leased without being held, so its server binds it: ${reason}`),
      onEnd: () => {
        const left = held.get(key)?.filter((each) => each !== port) ?? [];
        if (left.length > 0) held.set(key, left);
        else held.delete(key);
      },
    });
    held.set(key, [...(held.get(key) ?? []), port]);
    return port.lease();
  };

  return {
    kind: 'port-strategy',
    name: 'held',
    apiVersion: 1,
    async acquire(request, signal) {
      const { share: key } = request;
      if (key === undefined) return range.acquire(request, signal);
      signal.throwIfAborted();
      const own = held.get(key)?.find(({ port, isBound }) => port === request.port && !isBound);
      if (own && request.held !== true && !request.exclude.includes(own.port)) throw notShared(own.port);
      const fitting = held.get(key)?.filter((port) => fits(port, request)) ?? [];
      const known = fitting.find(({ isBound }) => isBound) ?? fitting[0];
      if (known) return known.lease();
      return share(key, await range.acquire(request, signal));
    },
    ...(range.stats ? { stats: range.stats } : {}),
  };
}

/** Its server has the socket, and this process has not: see docs/decisions/0010-held-sockets.md. */
function notShared(port: number): ProjectRunnerError {
  return new ProjectRunnerError(
    'PORT_UNAVAILABLE',
    `Port ${port} is not free: the deployment's present server listens on it, on a socket that this runner does not hold and cannot share with the next server. An earlier runner started it, or its socket could not be held`,
    {
      hint: 'Stop that server, then deploy; or deploy without a fixed port, which moves the server to another one. From its next start on the port is held and shared',
    },
  );
}

/** A server that runs already is on the port; one that is to be started needs the socket to be there. */
function fits({ port, isBound }: HeldPort, { port: wanted, held, exclude }: PortRequest): boolean {
  if (exclude.includes(port) || (wanted !== undefined && wanted !== port)) return false;
  return isBound || held === true;
}
