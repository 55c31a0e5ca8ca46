import type { ListeningSocket } from '@project-runner/core';

/** Addresses on which a connection to `127.0.0.1` arrives. `::` is dual-stack unless a server asks otherwise. */
const reachableByV4 = new Set(['127.0.0.1', '0.0.0.0', '::']);

/** The loopback address under which one of these sockets answers on `port`; `null` where none is on that port. */
export function ownedHost(sockets: readonly ListeningSocket[], port: number): string | null {
  const hosts = sockets.filter((socket) => socket.port === port).map((socket) => socket.host);
  if (hosts.some((host) => reachableByV4.has(host))) return '127.0.0.1';
  return hosts[0] ?? null;
}
