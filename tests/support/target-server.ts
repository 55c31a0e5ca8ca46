import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { onTestFinished } from 'vitest';

export interface TargetServer {
  server: Server;
  port: number;
  /** Connections that it accepted so far. */
  accepted(): number;
  /** Connections that are open. */
  open: ReadonlySet<Socket>;
  close(): Promise<void>;
}

/** A server in this process for a router to lead to. */
export async function targetServer(
  listener: RequestListener = (_request, response) => void response.end('ok'),
  { port = 0, host = '127.0.0.1' }: { port?: number; host?: string } = {},
): Promise<TargetServer> {
  const server = createServer(listener);
  const open = new Set<Socket>();
  let accepted = 0;
  server.on('connection', (socket) => {
    accepted += 1;
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.listen(port, host);
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    for (const socket of open) socket.destroy();
    await closed;
  };
  onTestFinished(close);
  return { server, port: (server.address() as AddressInfo).port, accepted: () => accepted, open, close };
}
