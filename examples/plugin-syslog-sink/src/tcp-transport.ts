import { setTimeout as delay } from 'node:timers/promises';

import { resendWindow } from './resend-window.ts';
import { connectTcp } from './tcp-connection.ts';
import type { TcpConnection } from './tcp-connection.ts';
import type { Transport } from './transport.ts';

export interface TcpTransportOptions {
  host: string;
  port: number;
  timeoutMs: number;
  retryMs: number;
  resendBytes: number;
}

const firstPauseMs = 20;
const longestPauseMs = 1000;
/** A runner waits 5 s for a sink to close. */
const longestCloseMs = 4000;

/**
 * RFC 6587 with octet counting. A receiver never says what it has, and what was handed to the system may be lost with
 * the connection: so the last of it is sent again over the next one, and comes twice rather than not at all.
 */
export function tcpTransport({ resendBytes, ...options }: TcpTransportOptions): Transport {
  let connection: TcpConnection | null = null;
  const closeMs = Math.min(options.timeoutMs, longestCloseMs);
  // A receiver that stalls for the time is given up: what was sent right before that must be here still.
  const window = resendWindow({ maxBytes: resendBytes, maxAgeMs: 2 * options.timeoutMs });

  /** Tries until it is done or the time is over; once at least. */
  const keepTrying = async (
    use: (open: TcpConnection) => Promise<void>,
    ms: number,
    timeoutMs: number,
  ): Promise<void> => {
    const end = performance.now() + ms;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      try {
        if (connection?.isBroken()) connection = null;
        if (!connection) {
          connection = await connectTcp({ ...options, timeoutMs });
          await connection.write(window.contents());
        }
        return await use(connection);
      } catch (error) {
        connection?.destroy();
        connection = null;
        if (performance.now() + pauseMs > end) throw error;
        await delay(pauseMs);
      }
    }
  };

  return {
    async send(messages) {
      const bytes = Buffer.concat(
        messages.flatMap((message) => [Buffer.from(`${message.length} `), message]),
      );
      await keepTrying((open) => open.write([bytes]), options.retryMs, options.timeoutMs);
      window.push(bytes);
    },
    async close() {
      try {
        if (connection || window.contents().length > 0)
          await keepTrying((open) => open.finish(closeMs), closeMs, closeMs);
      } finally {
        window.clear();
      }
    },
  };
}
