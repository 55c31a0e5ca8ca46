import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import type { PortLease, PortStrategyPlugin } from '@project-runner/core';
import { portsRange } from '@project-runner/ports-range';

export interface UnixSocketsOptions {
  /** Where the sockets are; made, for this user only, where it is not there. */
  dir: string;
  /** The variable in which a server finds the path of its socket. @default 'SOCKET_PATH' */
  variable?: string;
  /** Leases the ports. @default portsRange() */
  strategy?: PortStrategyPlugin;
}

/** Of `sun_path`, with its end: 108 on Linux, 104 on macOS. */
const maxPathBytes = 103;

/** The socket of the server that has the port. */
export function socketPathOf(dir: string, port: number): string {
  return join(resolve(dir), `${port}.sock`);
}

/** Gives each server the path of a unix socket that nobody else has, beside a port of another strategy. @throws TypeError */
export function unixSockets({
  dir,
  variable = 'SOCKET_PATH',
  strategy = portsRange(),
}: UnixSocketsOptions): PortStrategyPlugin {
  const longest = socketPathOf(dir, 65_535);
  if (Buffer.byteLength(longest) > maxPathBytes) {
    throw new TypeError(
      `unixSockets: the path of a socket has at most ${maxPathBytes} bytes, found ${Buffer.byteLength(longest)} in ${longest}; take a shorter dir`,
    );
  }
  const { stats } = strategy;

  return {
    kind: 'port-strategy',
    name: 'unix-socket',
    apiVersion: 1,
    async acquire(asked, signal) {
      // Servers that share a port would share the path, which only one of them can listen on: so nobody shares.
      const { share: _, ...request } = asked;
      const lease = await strategy.acquire(request, signal);
      const path = socketPathOf(dir, lease.port);
      try {
        await mkdir(dir, { recursive: true, mode: 0o700 });
        // The port is ours, so what lies there is of a server that was killed: it could not listen over it. A server
        // that runs already has its socket.
        if (!request.held) await rm(path, { force: true });
      } catch (error) {
        await lease.release();
        throw error;
      }
      return { ...lease, env: { ...lease.env, [variable]: path }, release: once(lease, path) };
    },
    ...(stats ? { stats: () => stats() } : {}),
  };
}

/** Whoever has the port after the first call has the socket, too. */
function once(lease: PortLease, path: string): () => Promise<void> {
  let released: Promise<void> | undefined;
  return () => {
    released ??= rm(path, { force: true }).finally(() => lease.release());
    return released;
  };
}
