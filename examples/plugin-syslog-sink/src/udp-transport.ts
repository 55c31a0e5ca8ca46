import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { lookup } from 'node:dns/promises';

import type { Transport } from './transport.ts';

/** RFC 5426: a message a datagram. What the network or a busy receiver drops is lost, and nobody hears of it. */
export function udpTransport({ host, port }: { host: string; port: number }): Transport {
  let socket: Socket | null = null;
  /** Said by the system of datagrams that were sent before: nobody listens there. */
  let failure: Error | null = null;

  const open = async (): Promise<Socket> => {
    const { address } = await lookup(host);
    const created = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const connected = Promise.withResolvers<void>();
    created.on('error', (error) => {
      failure = error;
      connected.reject(error);
    });
    // Only a connected socket is told that nobody listens.
    created.connect(port, address, () => connected.resolve());
    try {
      await connected.promise;
    } catch (error) {
      created.close();
      throw error;
    }
    return created;
  };

  const sendOne = (to: Socket, message: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      to.send(message, (error) => (error ? reject(error) : resolve()));
    });

  return {
    async send(messages) {
      try {
        socket ??= await open();
        // One after the other: each waits for room in the system's buffer.
        for (const message of messages) {
          if (failure) throw failure;
          await sendOne(socket, message);
        }
      } catch (error) {
        socket?.close();
        socket = null;
        failure = null;
        throw new Error(`syslog receiver ${host}:${port}: ${(error as Error).message}`, { cause: error });
      }
    },
    close() {
      const open = socket;
      socket = null;
      return new Promise((resolve) => (open ? open.close(() => resolve()) : resolve()));
    },
  };
}
