import type { HeldServer, HeldSocket, HeldStart, PortLease } from '@project-runner/core';

import { activate } from './activate.ts';
import { bindSocket } from './bind-socket.ts';
import type { BoundSocket } from './bind-socket.ts';
import { heldVariable } from './held-order.ts';
import type { HeldOrder } from './held-order.ts';
import { preloadFile } from './preload-file.ts';

/** A port and its socket, for any number of servers. */
export interface HeldPort {
  readonly port: number;
  /** Its socket is there, so that more servers can have it. */
  readonly isBound: boolean;
  /** One more server is on it. */
  lease(): PortLease;
}

export interface HeldPortOptions {
  drainMs: number;
  /** The socket cannot be held. Once for each reason. */
  onFallback(reason: string): void;
  /** The last lease was given back. */
  onEnd(): void;
}

/** Gives `ports` back with its last lease. */
export function createHeldPort(ports: PortLease, { drainMs, onFallback, onEnd }: HeldPortOptions): HeldPort {
  const { port, host, env } = ports;
  let socket: BoundSocket | null = null;
  let told = '';
  let leases = 0;

  /** Not before a server is to be started: an adopted one has the port. */
  const bind = (): BoundSocket | null => {
    const bound = socket ?? bindSocket(host, port);
    if (typeof bound !== 'string') return (socket = bound);
    if (bound !== told) onFallback(bound);
    told = bound;
    return null;
  };

  const prepare = (inode: number, server: HeldServer): HeldStart => {
    const standby = server.standby && leases > 1;
    const order: HeldOrder = { ...server, inode, port, standby, drainMs };
    return {
      args: ['--require', preloadFile],
      env: { [heldVariable]: JSON.stringify(order) },
      activate: (signal) => (standby ? activate(order, signal) : Promise.resolve()),
    };
  };

  return {
    port,
    get isBound() {
      return socket !== null;
    },
    lease() {
      leases += 1;
      let isHeld = true;
      return {
        port,
        host,
        env,
        hold(): HeldSocket | null {
          const bound = bind();
          // Twice, see `startListening`.
          return bound && { fds: [bound.fd, bound.fd], prepare: (server) => prepare(bound.inode, server) };
        },
        async release() {
          if (!isHeld) return;
          isHeld = false;
          leases -= 1;
          if (leases > 0) return;
          onEnd();
          socket?.close();
          socket = null;
          await ports.release();
        },
      };
    },
  };
}
