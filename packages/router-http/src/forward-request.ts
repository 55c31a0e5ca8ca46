import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';

import { BodyClock } from './body-clock.ts';
import { flushHeadSoon } from './flush-head-soon.ts';
import type { ForwardContext } from './forward-context.ts';
import { pump } from './pump.ts';
import { sendResponse } from './send-response.ts';
import { targetRequest } from './target-request.ts';
import { watchAttempt } from './target-attempt.ts';
import type { AttemptResult } from './target-attempt.ts';
import type { Route } from './route.ts';
import { trailers } from './trailers.ts';
import type { Exchange } from './exchange.ts';

/** Sends a request to a target and its response back, both as they come, at the pace of the slower side. */
export function forwardRequest(
  exchange: Exchange,
  response: ServerResponse,
  route: Route,
  context: ForwardContext,
): Promise<AttemptResult> {
  const { request } = exchange;
  const outgoing = route.target.request(targetRequest(exchange, context, { upgrade: false }));
  let stopBody = (): void => undefined;
  exchange.onGone(() => {
    stopBody();
    outgoing.destroy();
  });
  const bodyless = !hasBody(request);
  if (bodyless) outgoing.end();
  const result = watchAttempt(outgoing, context.limits, {
    connected() {
      if (!bodyless) stopBody = sendBody(exchange, response, outgoing, context);
    },
    failed({ status, message }) {
      stopBody();
      context.answer(exchange, response, { status, message });
    },
  });
  forwardInformation(exchange, outgoing, response);
  outgoing.once('response', (incoming) => {
    sendResponse(exchange, response, { outgoing, incoming }, context, () => {
      // The rest of an upload that is answered already is of use to nobody.
      if (!outgoing.writableEnded) {
        stopBody();
        outgoing.destroy();
      }
    });
  });
  outgoing.once('upgrade', (_incoming, socket) => {
    socket.destroy();
    context.answer(exchange, response, {
      status: 502,
      message: 'The server upgraded, which nobody asked for',
    });
  });
  return result;
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) > 0);
}

/** Answers a function that stops it. */
function sendBody(
  exchange: Exchange,
  response: ServerResponse,
  outgoing: ClientRequest,
  { limits, answer }: ForwardContext,
): () => void {
  const { request } = exchange;
  const clock = new BodyClock({
    timeoutMs: limits.bodyTimeoutMs,
    bytesPerSecond: limits.bodyBytesPerSecond,
    onLate() {
      stop();
      outgoing.destroy();
      exchange.broken = 'cut';
      if (response.headersSent) request.socket.destroy();
      else answer(exchange, response, { status: 408, message: 'The request came too slowly', close: true });
    },
  });
  const stopPump = pump(request, outgoing, {
    moved(bytes) {
      exchange.bytesReceived += bytes;
      clock.add(bytes);
    },
    stalled: (isStalled) => (isStalled ? clock.rest() : clock.wait()),
    ended() {
      clock.rest();
      outgoing.addTrailers(trailers(request.rawTrailers));
      outgoing.end();
    },
  });
  flushHeadSoon(outgoing, () => exchange.bytesReceived > 0);
  const stop = (): void => {
    clock.rest();
    stopPump();
  };
  return stop;
}

/** 1xx: a `100` only to who asked for it, the others as they are (RFC 9110, 15.2). */
function forwardInformation(exchange: Exchange, outgoing: ClientRequest, response: ServerResponse): void {
  if (exchange.request.httpVersionMinor === 0) return;
  outgoing.on('information', ({ statusCode, statusMessage, rawHeaders }) => {
    if (response.headersSent || (statusCode === 100 && !exchange.awaitsContinue)) return;
    if (statusCode === 100) {
      exchange.awaitsContinue = false;
      response.writeContinue();
    } else response.socket?.write(informationHead(statusCode, statusMessage, rawHeaders), 'latin1');
  });
}

function informationHead(status: number, message: string, raw: readonly string[]): string {
  const fields = raw.map((part, index) => (index % 2 === 0 ? `${part}: ` : `${part}\r\n`)).join('');
  return `HTTP/1.1 ${status} ${message}\r\n${fields}\r\n`;
}
