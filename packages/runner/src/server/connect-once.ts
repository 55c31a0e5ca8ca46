import { connect } from 'node:net';

/** A server that binds `localhost` may have got either. */
const loopback = ['127.0.0.1', '::1'] as const;

/** Opens and closes one connection; answers the loopback address that accepted it, `null` for none. */
export async function connectOnce(
  port: number,
  signal: AbortSignal,
  hosts: readonly string[] = loopback,
): Promise<string | null> {
  for (const host of hosts) {
    if (await accepts(host, port, signal)) return host;
  }
  return null;
}

function accepts(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const socket = connect({ host, port });
    const done = (accepted: boolean): void => {
      signal.removeEventListener('abort', abort);
      socket.destroy();
      resolve(accepted);
    };
    const abort = (): void => done(false);
    signal.addEventListener('abort', abort, { once: true });
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}
