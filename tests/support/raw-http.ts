import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';

export interface RawConnection {
  socket: Socket;
  /** All that came so far, as latin1. */
  received(): string;
  write(text: string): void;
  /** Resolves with what came when the condition holds for it, or the connection is closed. */
  until(holds: (received: string) => boolean): Promise<string>;
  /** Resolves when the connection is closed. */
  closed: Promise<{ received: string; reset: boolean }>;
}

/** A connection on which tests say each byte themselves. */
export function rawConnection(
  port: number,
  text = '',
  { host = '127.0.0.1', tls }: { host?: string; tls?: ConnectionOptions } = {},
): RawConnection {
  const socket = tls ? connectTls({ ...tls, host, port }) : connect({ host, port, allowHalfOpen: true });
  let received = '';
  let reset = false;
  const waiting = new Set<() => void>();
  const look = (): void => waiting.forEach((wake) => wake());
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
    look();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    reset = error.code === 'ECONNRESET' || error.code === 'EPIPE';
  });
  // The other side is done: so are we.
  socket.on('end', () => socket.end());
  const closed = new Promise<{ received: string; reset: boolean }>((resolve) => {
    socket.on('close', () => {
      resolve({ received, reset });
      look();
    });
  });
  if (text !== '') socket.write(text, 'latin1');
  return {
    socket,
    received: () => received,
    write: (more) => void socket.write(more, 'latin1'),
    until: (holds) =>
      new Promise((resolve) => {
        const wake = (): void => {
          if (!holds(received) && !socket.closed) return;
          waiting.delete(wake);
          resolve(received);
        };
        waiting.add(wake);
        wake();
      }),
    closed,
  };
}

/** Sends a request that ends its connection and gives back the whole answer. */
export async function rawRequest(
  port: number,
  text: string,
  options: Parameters<typeof rawConnection>[2] = {},
): Promise<string> {
  return (await rawConnection(port, text, options).closed).received;
}
