import { relayTo } from './connection-relay.ts';
import type { ProbedServer } from './probed-server.ts';

/** Listens on 127.0.0.1. */
export type StartProbedServer = () => Promise<{ port: number; close(): void | Promise<void> }>;

export type Reachable = Pick<ProbedServer, 'port' | 'openConnections'>;

/** With a server of the author, on a port of ours or on a path for a unix socket. */
export async function withStarted<T>(
  start: StartProbedServer,
  use: (server: Reachable) => Promise<T>,
  path?: string,
): Promise<T> {
  const server = await start();
  try {
    const relay = await relayTo(server.port, path);
    try {
      return await use(relay);
    } finally {
      await relay.close();
    }
  } finally {
    await server.close();
  }
}
