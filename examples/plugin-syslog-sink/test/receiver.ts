import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

import { parseRfc5424, readFrames } from './parse-rfc5424.ts';
import type { SyslogMessage } from './parse-rfc5424.ts';

/** A receiver that takes nothing but what the standards say. */
export interface Receiver {
  port: number;
  messages: SyslogMessage[];
  /** What was not to the standards. */
  errors: Error[];
  /** Resolves when there are so many messages. */
  count(number: number): Promise<void>;
  /** Connections that were made. */
  connections(): number;
  /** Ends the connections with a reset, as the kill of a receiver that has not read everything does. */
  reset(): void;
  /** Stops reading. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

export async function tcpReceiver(port = 0): Promise<Receiver> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let paused = false;
  const inbox = createInbox();
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    let rest: Buffer = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      inbox.attempt(() => {
        rest = readFrames(Buffer.concat([rest, chunk]), inbox.take);
      });
    });
    if (paused) socket.pause();
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  const reset = (): void => sockets.forEach((socket) => socket.resetAndDestroy());
  return {
    ...inbox,
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    reset,
    pause() {
      paused = true;
      for (const socket of sockets) socket.pause();
    },
    resume() {
      paused = false;
      for (const socket of sockets) socket.resume();
    },
    async close() {
      reset();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export async function udpReceiver(): Promise<Receiver> {
  const inbox = createInbox();
  const socket = createSocket('udp4', (message) => inbox.attempt(() => inbox.take(message)));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const nothing = (): void => undefined;
  return {
    ...inbox,
    port: socket.address().port,
    connections: () => 0,
    reset: nothing,
    pause: nothing,
    resume: nothing,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

interface Inbox extends Pick<Receiver, 'messages' | 'errors' | 'count'> {
  take(message: Buffer): void;
  attempt(use: () => void): void;
}

function createInbox(): Inbox {
  const messages: SyslogMessage[] = [];
  const errors: Error[] = [];
  let waiting: (() => void)[] = [];
  return {
    messages,
    errors,
    take(message) {
      messages.push(parseRfc5424(Buffer.from(message)));
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
    attempt(use) {
      try {
        use();
      } catch (error) {
        errors.push(error as Error);
      }
    },
    async count(number) {
      while (messages.length < number) await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
}
