import net from 'node:net';

import type { HeldOrder } from '../held-order.ts';

/** Node's own wrap of a socket, as `net` uses it. */
interface Handle {
  listen(backlog: number): number;
  close(): void;
}

export interface HeldHandle {
  /** For `server.listen`. */
  readonly wrap: object;
  /**
   * From now on it accepts connections, as soon as a server listens on it. Answers what went wrong with that, in Node's
   * negative numbers; 0 for nothing.
   */
  mayListen(): number;
  /** It accepts no more; a second call does nothing. The server does not notice, so that its own end is what it was. */
  close(): void;
}

/** Connections that may wait while nobody serves; the system has its own limit, too. */
const backlogOfHeld = 4096;

/**
 * Lets the socket listen before the program is loaded: whatever else tries to bind the port is told that it is in use, and
 * clients wait. By a descriptor of its own that is closed at once, so that nothing is accepted. Answers as `mayListen` does.
 */
export function startListening({ fd }: HeldOrder): number {
  const handle = openHandle(fd + 1);
  const error = handle.listen(backlogOfHeld);
  handle.close();
  return error;
}

/** The inherited socket. Until it may listen, a server's `listen` succeeds and no connection is accepted. */
export function openHeldHandle({ fd }: HeldOrder): HeldHandle {
  const handle = openHandle(fd);
  const listen = (): number => Object.getPrototypeOf(handle).listen.call(handle, backlogOfHeld);
  let isAllowed = false;
  let isAsked = false;
  // The backlog is one of all servers of the socket, whatever this one asks for.
  handle.listen = () => {
    isAsked = true;
    return isAllowed ? listen() : 0;
  };
  return {
    wrap: handle,
    mayListen() {
      isAllowed = true;
      return isAsked ? listen() : 0;
    },
    close: () => handle.close(),
  };
}

function openHandle(fd: number): Handle {
  const create = (net as unknown as { _createServerHandle(...args: unknown[]): Handle | number })
    ._createServerHandle;
  const handle = create(null, null, null, fd);
  if (typeof handle === 'number') throw new Error(`descriptor ${fd} cannot be opened: error ${-handle}`);
  return handle;
}
