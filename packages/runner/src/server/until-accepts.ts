import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface UntilAcceptsOptions {
  port: number;
  /** Connected to in place of the port. */
  socketPath?: string | undefined;
  /** When the wait began, in ms of `performance.now()`. */
  since: number;
  /** The server itself says that it is ready: that ends a pause. */
  announced: Promise<unknown>;
  signal: AbortSignal;
}

const ipv4 = ['127.0.0.1'] as const;
/** A server that binds `localhost` may have got either. */
const loopback = ['127.0.0.1', '::1'] as const;

/**
 * Connects again and again until the port accepts; answers the loopback address that did. Rejects with the reason of the
 * signal. Bare callbacks: with promises for each attempt, a start makes twice the garbage, and 100 starts a heap that is
 * 16 MB larger.
 */
export function untilAccepts({
  port,
  socketPath,
  since,
  announced,
  signal,
}: UntilAcceptsOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    let attempts = 0;
    let isAnnounced = false;
    let timer: NodeJS.Timeout | undefined;
    let socket: Socket | undefined;
    const end = (): void => {
      clearTimeout(timer);
      timer = undefined;
      signal.removeEventListener('abort', abort);
      socket?.removeAllListeners('error').on('error', () => undefined);
      socket?.destroy();
    };
    const abort = (): void => {
      end();
      reject(signal.reason as Error);
    };
    const ask = ([host, ...others]: readonly string[]): void => {
      if (host === undefined) {
        timer = setTimeout(attempt, pause(performance.now() - since));
        return;
      }
      socket = connect(socketPath === undefined ? { host, port } : { path: socketPath });
      socket.once('error', () => ask(others));
      socket.once('connect', () => {
        end();
        resolve(host);
      });
    };
    const attempt = (): void => {
      timer = undefined;
      attempts += 1;
      // Nearly every server answers on 127.0.0.1; asking ::1 each time would double what the child competes with.
      ask(socketPath === undefined && (isAnnounced || attempts % 8 === 0) ? loopback : ipv4);
    };
    if (signal.aborted) return reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    void announced.then(() => {
      isAnnounced = true;
      if (timer === undefined) return;
      clearTimeout(timer);
      attempt();
    });
    attempt();
  });
}

/** Every millisecond at first, a 16th of the time waited later, so that a slow start costs next to nothing. */
function pause(waitedMs: number): number {
  return Math.min(Math.max(1, waitedMs / 16), 100);
}
