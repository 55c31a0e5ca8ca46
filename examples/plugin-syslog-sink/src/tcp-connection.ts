import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface TcpConnection {
  /** Settles when the system has taken the bytes: slow receivers slow us down here. */
  write(pieces: readonly Buffer[]): Promise<void>;
  /** Ends it and waits until the receiver has read everything and ends it, too. */
  finish(deadlineMs: number): Promise<void>;
  /** The receiver has closed it, or the network failed. */
  isBroken(): boolean;
  destroy(): void;
}

export interface ConnectTcpOptions {
  host: string;
  port: number;
  timeoutMs: number;
}

/** So that a receiver that is switched off is found out while nothing is sent. */
const keepAliveMs = 30_000;

export async function connectTcp({ host, port, timeoutMs }: ConnectTcpOptions): Promise<TcpConnection> {
  const socket = connect({ host, port, keepAlive: true, keepAliveInitialDelay: keepAliveMs });
  const where = `syslog receiver ${host}:${port}`;
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  let failure: Error | null = null;
  let finishing = false;
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const fail = (error: Error): void => {
    failure ??= new Error(`${where}: ${error.message}`, { cause: error });
    broken.reject(failure);
    socket.destroy();
  };
  socket.on('error', fail);
  // It has nothing to say; without reading, its end would go unnoticed.
  socket.resume();
  socket.once('end', () => finishing || fail(new Error('closed the connection')));
  /** What it is to do, if it is late. */
  let waiting: 'accepted no connection' | 'took nothing' | null = 'accepted no connection';
  socket.setTimeout(timeoutMs, () => {
    if (waiting) fail(new Error(`${waiting} for ${timeoutMs} ms`));
  });

  const connected = new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  await Promise.race([connected, broken.promise]);
  waiting = null;

  return {
    async write(pieces) {
      waiting = 'took nothing';
      try {
        for (const bytes of pieces) {
          const taken = new Promise<void>((resolve, reject) => {
            socket.write(bytes, (error) => (error ? reject(error) : resolve()));
          });
          await Promise.race([taken, broken.promise]);
        }
      } finally {
        waiting = null;
      }
    },
    async finish(deadlineMs) {
      finishing = true;
      socket.end();
      const limit = new AbortController();
      const late = delay(deadlineMs, 'late', { signal: limit.signal }).catch(() => 'on time');
      const outcome = await Promise.race([closed, late, broken.promise]);
      limit.abort();
      if (outcome === 'late') fail(new Error(`has not read everything within ${deadlineMs} ms`));
      if (failure) throw failure;
    },
    isBroken: () => failure !== null,
    destroy: () => void socket.destroy(),
  };
}
