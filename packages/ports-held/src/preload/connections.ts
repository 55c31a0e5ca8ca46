import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

/** The connections of a server, and what they are doing. */
export interface Connections {
  /** Bytes may come; with TLS they are not understood yet. */
  opened(socket: Socket): void;
  asked(request: IncomingMessage, response: ServerResponse): void;
  /** It speaks something else from now on. */
  upgraded(socket: Socket): void;
  session(session: ServerHttp2Session): void;
  drain(deadlineMs: number): Promise<void>;
}

export interface ConnectionsOptions {
  isTls: boolean;
  /** How long a connection is kept without a request, in ms, and 0 for ever; `null` for a server that does not speak HTTP/1. */
  keepAliveMs(): number | null;
}

const lookMs = 100;
/** For a client of HTTP/2 to hear that it is to open no more streams. */
const goAwayMs = 1000;
const lastStream = 2 ** 31 - 1;

/** What a connection is doing. */
interface Use {
  /** It carried a request of HTTP/1. */
  isHttp: boolean;
  /** Open ones. */
  requests: number;
  idleSince: number;
}

export function createConnections({ isTls, keepAliveMs }: ConnectionsOptions): Connections {
  const open = new Set<Socket>();
  const uses = new Map<Socket, Use>();
  const responses = new Set<ServerResponse>();
  const upgrades = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  let isDraining = false;
  let onChange = (): void => undefined;

  const whileOpen = <Item extends Socket>(all: Set<Item>, item: Item): void => {
    all.add(item);
    item.once('close', () => {
      all.delete(item);
      onChange();
    });
  };
  const useOf = (socket: Socket): Use => {
    const known = uses.get(socket);
    if (known) return known;
    const use = { isHttp: false, requests: 0, idleSince: performance.now() };
    uses.set(socket, use);
    socket.once('close', () => uses.delete(socket));
    return use;
  };
  const closeIdle = (idleMs: number): void => {
    for (const [socket, { isHttp, requests, idleSince }] of uses) {
      // What came before the first request may be the half of one, or not HTTP.
      if (requests > 0 || (!isHttp && socket.bytesRead > 0)) continue;
      if (performance.now() - idleSince >= idleMs) socket.destroySoon();
    }
  };
  const endAfter = (response: ServerResponse): void => {
    if (!response.headersSent) response.setHeader('Connection', 'close');
  };

  return {
    opened(socket) {
      whileOpen(open, socket);
      if (!isTls) useOf(socket);
    },
    asked({ httpVersionMajor, socket }, response) {
      if (httpVersionMajor !== 1) return;
      const use = useOf(socket);
      use.isHttp = true;
      use.requests += 1;
      responses.add(response);
      if (isDraining) endAfter(response);
      response.once('close', () => {
        responses.delete(response);
        use.requests -= 1;
        use.idleSince = performance.now();
      });
    },
    upgraded(socket) {
      uses.delete(socket);
      whileOpen(upgrades, socket);
      onChange();
    },
    session(session) {
      sessions.add(session);
      session.once('close', () => sessions.delete(session));
    },
    drain: (deadlineMs) =>
      new Promise((resolve) => {
        isDraining = true;
        for (const response of responses) endAfter(response);
        for (const session of sessions) session.goaway(0, lastStream);
        const leave = setTimeout(() => {
          for (const session of sessions) session.close();
        }, goAwayMs);
        const idleMs = idleMsOf(keepAliveMs());
        const look = setInterval(() => closeIdle(idleMs), lookMs);
        const end = (): void => {
          clearInterval(look);
          clearTimeout(leave);
          clearTimeout(deadline);
          resolve();
        };
        const deadline = setTimeout(end, deadlineMs);
        onChange = () => {
          if (open.size <= upgrades.size) end();
        };
        onChange();
      }),
  };
}

/**
 * A client may be sending the next request on a kept connection at any moment, for as long as it was promised to be kept;
 * those that were told the 5 s of Node leave one alone from 4 s on. A connection that is not of HTTP/1 is never idle.
 */
function idleMsOf(keepAliveMs: number | null): number {
  if (keepAliveMs === null || keepAliveMs === 0) return Number.POSITIVE_INFINITY;
  return keepAliveMs - Math.min(500, keepAliveMs / 10);
}
