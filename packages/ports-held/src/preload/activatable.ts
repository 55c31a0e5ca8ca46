import { createServer } from 'node:net';
import type { Server } from 'node:net';

import { activated, activationPath } from '../held-order.ts';
import type { HeldOrder } from '../held-order.ts';
import type { HeldHandle } from './held-handle.ts';

/** Lets the server accept connections once somebody asks for it. Until then `privateSocket` alone keeps the process up. */
export function activatable(order: HeldOrder, handle: HeldHandle, privateSocket: Server): void {
  const own = createServer((asking) => {
    asking.on('error', () => undefined);
    const error = handle.mayListen();
    asking.end(error === 0 ? activated : `listening on port ${order.port} failed with error ${-error}`);
    privateSocket.unref();
    own.close();
  });
  own.on('error', (error) => process.emitWarning(`The server cannot be activated: ${error.message}`));
  own.unref().listen(activationPath(order));
}
