import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import type { Exchange } from './exchange.ts';
import type { ForwardContext } from './forward-context.ts';
import type { Route } from './route.ts';
import { sendResponse } from './send-response.ts';
import { watchAttempt } from './target-attempt.ts';
import type { AttemptResult } from './target-attempt.ts';
import { targetRequest } from './target-request.ts';

/** What an upgrade leaves of a connection. */
export interface UpgradingClient {
  /** For an answer that is no upgrade. */
  response: ServerResponse;
  socket: Duplex;
  /** What the client sent after its request. */
  head: Buffer;
  /** The connection is a tunnel from now on. */
  takeOver(): void;
}

/** Asks a target for a WebSocket and connects both ends; an answer that is no upgrade goes back as it is. */
export function forwardUpgrade(
  exchange: Exchange,
  client: UpgradingClient,
  route: Route,
  context: ForwardContext,
): Promise<AttemptResult> {
  const outgoing = route.target.requestApart(targetRequest(exchange, context, { upgrade: true }));
  exchange.onGone(() => outgoing.destroy());
  const result = watchAttempt(outgoing, context.limits, {
    failed: ({ status, message }) =>
      context.answer(exchange, client.response, { status, message, close: true }),
  });
  outgoing.once('response', (incoming) => {
    sendResponse(exchange, client.response, { outgoing, incoming }, { ...context, isClosing: () => true });
  });
  outgoing.once('upgrade', (incoming, socket, head) => {
    if (exchange.ended) socket.destroy();
    else connect(exchange, client, { incoming, socket, head });
  });
  outgoing.end();
  return result;
}

interface UpgradedTarget {
  incoming: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

function connect(exchange: Exchange, client: UpgradingClient, target: UpgradedTarget): void {
  client.takeOver();
  exchange.head(101);
  client.socket.write(upgradeHead(target.incoming), 'latin1');
  if (client.head.length > 0) client.socket.unshift(client.head);
  if (target.head.length > 0) target.socket.unshift(target.head);
  client.socket.on('data', (chunk: Buffer) => (exchange.bytesReceived += chunk.length));
  target.socket.on('data', (chunk: Buffer) => (exchange.bytesSent += chunk.length));
  client.socket.pipe(target.socket);
  target.socket.pipe(client.socket);
  // An end is passed on by the pipes; whatever else happens to one side ends the other.
  exchange.onGone(() => target.socket.destroy());
  target.socket.once('error', () => {
    exchange.broken = 'target-gone';
  });
  target.socket.once('close', () => {
    if (target.socket.readableEnded) client.socket.end();
    else client.socket.destroy();
  });
}

function upgradeHead({ statusMessage, rawHeaders }: IncomingMessage): string {
  const fields = rawHeaders.map((part, index) => (index % 2 === 0 ? `${part}: ` : `${part}\r\n`)).join('');
  return `HTTP/1.1 101 ${statusMessage}\r\n${fields}\r\n`;
}
