import { connect } from 'node:net';

import { activated, activationPath } from './held-order.ts';
import type { HeldOrder } from './held-order.ts';

/** Lets a server in standby accept connections. @throws Error when it does not; the signal's reason */
export function activate(order: HeldOrder, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const socket = connect({ path: activationPath(order) });
    let answer = '';
    const abort = (): void => void socket.destroy(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    socket.once('error', reject);
    socket.once('close', () => {
      signal.removeEventListener('abort', abort);
      if (answer === activated) resolve();
      else reject(new Error(`the server does not accept connections: ${answer || 'it gave no answer'}`));
    });
  });
}
