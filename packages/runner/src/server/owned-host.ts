import type { ListeningSocket } from '@project-runner/core';

/** Addresses at which a connection to a loopback address may arrive. `::` takes IPv4, too, unless a server asks otherwise. */
const reachable: Readonly<Record<string, readonly string[]>> = {
  '127.0.0.1': ['127.0.0.1', '0.0.0.0', '::'],
  '::1': ['::1', '::'],
};

/**
 * The loopback address under which one of these sockets answers on `port`: the one that accepted where that can be, else
 * the address that is bound; `null` where none is on that port.
 */
export function ownedHost(
  sockets: readonly ListeningSocket[],
  port: number,
  connected: string,
): string | null {
  const hosts = sockets.filter((socket) => socket.port === port).map((socket) => socket.host);
  if (hosts.some((host) => reachable[connected]?.includes(host))) return connected;
  return hosts[0] ?? null;
}
