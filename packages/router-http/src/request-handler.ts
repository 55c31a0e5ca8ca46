import { STATUS_CODES, ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import type { Logger } from '@project-runner/core';

import type { ClientConnections } from './client-connections.ts';
import { isWebSocket } from './create-server.ts';
import type { ServerHandlers } from './create-server.ts';
import { deliverRequest } from './deliver-request.ts';
import type { DeliverOptions } from './deliver-request.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeEnd } from './exchange.ts';
import type { ForwardContext, OwnAnswer } from './forward-context.ts';
import { forwardRequest } from './forward-request.ts';
import { forwardUpgrade } from './forward-upgrade.ts';
import { hostName, subdomainOf } from './host-name.ts';
import type { PageLink } from './page.ts';
import { requestProblem } from './request-problem.ts';
import { requestTarget } from './request-target.ts';
import type { Route } from './route.ts';
import { sendPage } from './send-page.ts';
import type { AttemptResult } from './target-attempt.ts';

export interface RequestHandlerOptions extends DeliverOptions, Omit<ForwardContext, 'answer'> {
  baseDomain: string;
  connections: ClientConnections;
  logger: Logger;
  /** `null`: what is known is not told. */
  links: (() => readonly PageLink[]) | null;
  /** Of the page that lists what is known. */
  baseUrl(): string;
  onEnd(end: ExchangeEnd): void;
}

/** What is left of a body after its answer is read and thrown away for so long, as closing at once may lose the answer. */
const lingerMs = 5000;
/** An answer to a mistake is no place for thousands of links. */
const maxLinksOnError = 100;

/** Answers requests: with pages of the router, or through the servers. */
export function createRequestHandler(options: RequestHandlerOptions): ServerHandlers {
  const { baseDomain, connections, logger } = options;

  const answer: ForwardContext['answer'] = (exchange, response, own) => {
    const { status, title = STATUS_CODES[status] ?? '', message, retryAfterS } = own;
    if (exchange.ended || response.headersSent) return;
    exchange.head(status);
    const close = own.close === true || options.isClosing() || exchange.leavesBody;
    exchange.bytesSent = sendPage(
      exchange.request,
      response,
      { status, close, retryAfterS },
      { title, message, routes: status === 200 || status === 404 ? knownTo(exchange, status) : null },
    );
  };
  const context: ForwardContext = { ...options, answer };

  /** A page of a foreign name could be read by scripts of whoever owns the name, so it names nothing. */
  const knownTo = ({ subdomain }: Exchange, status: number): readonly PageLink[] | null => {
    if (subdomain === null || !options.links) return null;
    const links = options.links();
    return status === 200 ? links : links.slice(0, maxLinksOnError);
  };

  const begin = (request: IncomingMessage): Exchange => {
    const host = hostName(requestTarget(request).authority) ?? '';
    const exchange = new Exchange(request, host, subdomainOf(host, baseDomain), (end) => {
      connections.end(exchange);
      options.onEnd(end);
    });
    connections.begin(exchange);
    return exchange;
  };

  /** What needs no server. */
  const ownAnswer = ({ request, host, subdomain }: Exchange): OwnAnswer | null => {
    const problem = requestProblem(request, host);
    if (problem || (subdomain !== null && subdomain !== '')) return problem;
    if (subdomain === null) {
      const message = `This is the router of ${baseDomain}. What it knows is at ${options.baseUrl()}`;
      return { status: 404, message };
    }
    const isIndex = requestTarget(request).path.split('?', 1)[0] === '/';
    if (!isIndex)
      return { status: 404, message: `Nothing is here. What the router knows is at ${options.baseUrl()}` };
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return { status: 405, message: 'This page can only be read.' };
    }
    return {
      status: 200,
      title: baseDomain,
      message: options.links ? 'What this router knows.' : 'A router.',
    };
  };

  const handle = async (
    exchange: Exchange,
    response: ServerResponse,
    attempt: (route: Route) => Promise<AttemptResult>,
  ): Promise<void> => {
    response.once('finish', () => {
      exchange.complete();
      if (!exchange.request.complete) linger(exchange.request);
    });
    // Told by the end of the connection.
    response.on('error', () => undefined);
    exchange.request.on('error', () => undefined);
    try {
      const own = ownAnswer(exchange);
      const subdomain = exchange.subdomain ?? '';
      const answered = own ?? (await deliverRequest(exchange, subdomain, attempt, options));
      if (answered) answer(exchange, response, answered);
    } catch (error) {
      logger.error(`A request for ${exchange.host} failed`, error);
      answer(exchange, response, { status: 500, message: 'The router failed.', close: true });
    }
  };

  return {
    connection: (socket) => connections.add(socket),
    ready: (socket) => connections.ready(socket),
    request(request, response, awaitsContinue) {
      const exchange = begin(request);
      exchange.awaitsContinue = awaitsContinue;
      void handle(exchange, response, (route) => forwardRequest(exchange, response, route, context));
    },
    upgrade(request, socket, head) {
      const exchange = begin(request);
      const { response, detach } = responseOn(request, socket);
      const takeOver = (): void => {
        detach();
        exchange.broken = 'completed';
        connections.tunnel(exchange);
      };
      const client = { response, socket, head, takeOver };
      void handle(exchange, response, async (route) => {
        if (isWebSocket(request)) return forwardUpgrade(exchange, client, route, context);
        answer(exchange, response, { status: 501, message: 'The router upgrades to WebSocket only.' });
        return 'taken';
      });
    },
  };
}

/** An upgrade leaves a bare socket; an answer that is none is written to it as any other, and is its last. */
function responseOn(request: IncomingMessage, socket: Duplex): { response: ServerResponse; detach(): void } {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  response.once('finish', () => socket.end());
  socket.on('error', () => undefined);
  // Only who reads learns that the client has gone.
  const onEnd = (): void => void socket.destroy();
  socket.once('end', onEnd);
  socket.read(0);
  const detach = (): void => {
    socket.off('end', onEnd);
    response.detachSocket(socket as Socket);
  };
  return { response, detach };
}

function linger(request: IncomingMessage): void {
  request.resume();
  const timer = setTimeout(() => request.socket.destroy(), lingerMs);
  for (const event of ['end', 'close']) request.once(event, () => clearTimeout(timer));
}
