import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Server, Socket } from 'node:net';

import { createConnections } from './connections.ts';

export interface WatchedServer {
  /**
   * Resolves when all connections are gone but those that speak something else by now (WebSocket), or after the deadline.
   * Whoever has a connection is asked to use no other request on it, and has time to hear of that.
   */
  drain(deadlineMs: number): Promise<void>;
}

/**
 * Watches what a server is doing. By its `emit` and not by listeners: a listener for `upgrade` would change what `http`
 * does with upgrades.
 */
export function watchServer(server: Server): WatchedServer {
  const connections = createConnections({ isTls: isTls(server), keepAliveMs: () => keepAliveMs(server) });
  const emit = server.emit.bind(server) as (event: string, ...args: unknown[]) => boolean;
  server.emit = (event: string, ...args: unknown[]): boolean => {
    note(event, args);
    return emit(event, ...args);
  };
  const note = (event: string, [first, second]: unknown[]): void => {
    switch (event) {
      case 'connection':
        connections.opened(first as Socket);
        break;
      case 'request':
      case 'checkContinue':
      case 'checkExpectation':
        connections.asked(first as IncomingMessage, second as ServerResponse);
        break;
      case 'upgrade':
      case 'connect':
        connections.upgraded((first as IncomingMessage).socket);
        break;
      case 'session':
        connections.session(first as ServerHttp2Session);
        break;
      default:
    }
  };
  return { drain: (deadlineMs) => connections.drain(deadlineMs) };
}

/** Without loading TLS to ask. */
function isTls(server: Server): boolean {
  return typeof (server as { setSecureContext?: unknown }).setSecureContext === 'function';
}

/** Asked late: programs set it after `listen`, too. */
function keepAliveMs(server: Server): number | null {
  const { keepAliveTimeout } = server as { keepAliveTimeout?: unknown };
  return typeof keepAliveTimeout === 'number' ? keepAliveTimeout : null;
}
