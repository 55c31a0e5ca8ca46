import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';

import { listenOn, openConnections } from './probed-server.ts';

/** Passes on what comes to its port or path, and knows how many connections there are, whatever is spoken on them. */
export interface ConnectionRelay {
  /** 0 where it listens on a path. */
  port: number;
  openConnections(): Promise<number>;
  close(): Promise<void>;
}

export async function relayTo(target: number, path?: string): Promise<ConnectionRelay> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (incoming) => {
    const outgoing = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.once('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  const port = await listenOn(server, path);
  return {
    port,
    openConnections: () => openConnections(server),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
