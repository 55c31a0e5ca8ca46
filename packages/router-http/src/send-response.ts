import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';

import { breakResponse } from './break-response.ts';
import type { Exchange } from './exchange.ts';
import { flushHeadSoon } from './flush-head-soon.ts';
import type { ForwardContext } from './forward-context.ts';
import { pump } from './pump.ts';
import { responseHeaders } from './response-headers.ts';
import { trailers } from './trailers.ts';

export interface TargetResponse {
  outgoing: ClientRequest;
  incoming: IncomingMessage;
}

/** Sends a target's response to the client as it comes. @param done called when all of it has come */
export function sendResponse(
  exchange: Exchange,
  response: ServerResponse,
  { outgoing, incoming }: TargetResponse,
  context: ForwardContext,
  done: () => void = () => undefined,
): void {
  const status = incoming.statusCode ?? 502;
  const close = context.isClosing() || exchange.leavesBody;
  const chunks = exchange.request.httpVersionMinor > 0;
  try {
    response.writeHead(status, incoming.statusMessage, responseHeaders(incoming, { chunks, close }));
  } catch (error) {
    incoming.destroy();
    context.answer(exchange, response, {
      status: 502,
      message: `The server's response has no valid head: ${String(error)}`,
    });
    return;
  }
  exchange.head(status);
  let began = false;
  pump(incoming, response, {
    moved(bytes) {
      began = true;
      exchange.bytesSent += bytes;
    },
    ended() {
      response.addTrailers(trailers(incoming.rawTrailers));
      response.end();
      done();
    },
  });
  flushHeadSoon(response, () => began);
  const breakOff = (): void => {
    if (!incoming.complete && !response.writableEnded) breakResponse(exchange);
  };
  // A reset comes before the parser, at the end of the connection, takes for whole what has no length.
  outgoing.on('error', breakOff);
  incoming.once('close', breakOff);
  incoming.on('error', () => undefined);
}
