import { TLSSocket } from 'node:tls';

import type { Exchange } from './exchange.ts';

/** Ends a response in the middle so that nobody takes it for whole. */
export function breakResponse(exchange: Exchange): void {
  exchange.broken = 'target-gone';
  const { socket, httpVersionMinor } = exchange.request;
  // To HTTP/1.0 the end of the connection is the end of the response, unless it is a reset.
  if (httpVersionMinor === 0 && !(socket instanceof TLSSocket)) socket.resetAndDestroy();
  else socket.destroy();
}
