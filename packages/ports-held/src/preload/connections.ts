import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

/** The connections of a server, and what they are doing. */
export interface Connections {
  /** Bytes may come; with TLS they are not understood yet. */
  opened(socket: Socket): void;
  /** With TLS: from now on they are. */
  secured(socket: Socket): void;
  asked(request: IncomingMessage, response: ServerResponse): void;
  /** It speaks something else from now on. */
  upgraded(socket: Socket): void;
  /** The connection that was opened or secured just now speaks HTTP/2. */
  session(session: ServerHttp2Session): void;
  drain(deadlineMs: number): Promise<void>;
}

/**
 * A kept connection without a request is closed after so long. A client may be sending the next one on it at any moment;
 * those that were told the 5 s of Node leave one alone from 4 s on.
 */
const idleMs = 4500;
const lookMs = 100;
/** For a client of HTTP/2 to hear that it is to open no more streams. */
const goAwayMs = 1000;
const lastStream = 2 ** 31 - 1;

/** What a connection of HTTP/1 is doing. */
interface Use {
  requests: number;
  idleSince: number;
}

export function createConnections(isTls: boolean): Connections {
  const open = new Set<Socket>();
  const uses = new Map<Socket, Use>();
  const responses = new Set<ServerResponse>();
  const upgrades = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  let newest: Socket | null = null;
  let isDraining = false;
  let onChange = (): void => undefined;

  const whileOpen = <Item extends Socket>(all: Set<Item>, item: Item): void => {
    all.add(item);
    item.once('close', () => {
      all.delete(item);
      uses.delete(item);
      onChange();
    });
  };
  const speaksHttp = (socket: Socket): Use => {
    const use = uses.get(socket) ?? { requests: 0, idleSince: performance.now() };
    uses.set(socket, use);
    newest = socket;
    return use;
  };
  const closeIdle = (): void => {
    for (const [socket, { requests, idleSince }] of uses) {
      if (requests === 0 && performance.now() - idleSince >= idleMs) socket.destroySoon();
    }
  };
  const endAfter = (response: ServerResponse): void => {
    if (!response.headersSent) response.setHeader('Connection', 'close');
  };

  return {
    opened(socket) {
      whileOpen(open, socket);
      if (!isTls) speaksHttp(socket);
    },
    secured(socket) {
      speaksHttp(socket);
      socket.once('close', () => uses.delete(socket));
    },
    asked({ httpVersionMajor, socket }, response) {
      if (httpVersionMajor !== 1) return;
      const use = speaksHttp(socket);
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
      if (newest) uses.delete(newest);
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
        const look = setInterval(closeIdle, lookMs);
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
