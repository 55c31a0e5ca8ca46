import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { Server as NetServer, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A server to look at. */
export interface ProbedServer {
  /** 0 where it listens on a path for a unix socket. */
  port: number;
  /** The paths that were asked for, in order. */
  paths: readonly string[];
  /** Resolves with the number of connections: soon where it is 0, else when waiting for their end was in vain. */
  openConnections(): Promise<number>;
}

const endPatienceMs = 1000;

export async function withServer<T>(
  answer: RequestListener,
  use: (server: ProbedServer) => Promise<T>,
  path?: string,
): Promise<T> {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    answer(request, response);
  });
  const port = await listenOn(server, path);
  try {
    return await use({ port, paths, openConnections: () => openConnections(server) });
  } finally {
    await close(server);
  }
}

/** One that accepts, reads, and never says a word. */
export async function withSilentServer<T>(
  use: (server: Omit<ProbedServer, 'paths'>) => Promise<T>,
): Promise<T> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.resume();
  });
  const port = await listenOn(server);
  try {
    return await use({ port, openConnections: () => openConnections(server) });
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** A port on which nothing listens: the one of a server that is closed by now. */
export function refusingPort(): Promise<number> {
  return withServer(
    () => undefined,
    ({ port }) => Promise.resolve(port),
  );
}

/** Answers the port, 0 for a path. */
export async function listenOn(server: NetServer, path?: string): Promise<number> {
  await once(path === undefined ? server.listen(0, '127.0.0.1') : server.listen(path), 'listening');
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** The server learns of the end of a connection some turns of the event loop later. */
export async function openConnections(server: NetServer): Promise<number> {
  const deadline = performance.now() + endPatienceMs;
  for (;;) {
    const count = await new Promise<number>((resolve, reject) => {
      server.getConnections((error, found) => (error ? reject(error) : resolve(found)));
    });
    if (count === 0 || performance.now() >= deadline) return count;
    await delay(5);
  }
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
