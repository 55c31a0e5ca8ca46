import { createServer as createPlainServer } from 'node:http';
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import type { Certificates } from './certificates.ts';
import type { LimitOptions } from './router-http-options.ts';

export interface ServerHandlers {
  connection(socket: Socket): void;
  /** Requests can come on it. */
  ready(socket: Socket): void;
  request(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** A peer that vanished is noticed after some minutes. */
const keepAliveProbeMs = 60_000;

/** One listening server with the limits set. @param certificates called for each connection, as they change */
export function createServer(
  limits: Required<LimitOptions>,
  certificates: (() => Certificates) | null,
  handlers: ServerHandlers,
): Server {
  const options: ServerOptions = {
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersTimeoutMs,
    // A large upload takes its time; the body clock watches that it moves.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.min(1000, Math.ceil(limits.headersTimeoutMs / 4)),
    keepAlive: true,
    keepAliveInitialDelay: keepAliveProbeMs,
    ...upgradesOnly,
  };
  const server = certificates
    ? createTlsServer({
        ...options,
        ...certificates().byDefault,
        ALPNProtocols: ['http/1.1'],
        handshakeTimeout: limits.headersTimeoutMs,
        SNICallback: (name, answer) => answer(null, certificates().forName(name)),
      })
    : createPlainServer(options);
  // Counting would drop fields silently; their size is limited.
  server.maxHeadersCount = 0;
  server.on('connection', handlers.connection);
  server.on(certificates ? 'secureConnection' : 'connection', handlers.ready);
  server.on('request', (request, response) => handlers.request(request, response, false));
  server.on('checkContinue', (request, response) => handlers.request(request, response, true));
  server.on('upgrade', handlers.upgrade);
  server.on('connect', (_request, socket) => {
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  return server;
}

/** A body would be mistaken for what the WebSocket carries. */
export function isWebSocket({ headers, method }: IncomingMessage): boolean {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && !hasBody;
}

/** From Node 24.9 on a request that asks for another protocol, `h2c` say, is answered as if it had not. */
const upgradesOnly: ServerOptions & { shouldUpgradeCallback?(request: IncomingMessage): boolean } = {
  shouldUpgradeCallback: isWebSocket,
};
