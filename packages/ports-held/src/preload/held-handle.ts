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

/** The inherited socket. Until it may listen, a server's `listen` succeeds and no connection is accepted. */
export function openHeldHandle({ fd }: HeldOrder): HeldHandle {
  const create = (net as unknown as { _createServerHandle(...args: unknown[]): Handle | number })
    ._createServerHandle;
  const handle = create(null, null, null, fd);
  if (typeof handle === 'number') throw new Error(`descriptor ${fd} cannot be opened: error ${-handle}`);
  const listen = handle.listen.bind(handle);
  let isAllowed = false;
  let asked: number | null = null;
  handle.listen = (backlog) => {
    asked = backlog;
    return isAllowed ? listen(backlog) : 0;
  };
  return {
    wrap: handle,
    mayListen() {
      isAllowed = true;
      return asked === null ? 0 : listen(asked);
    },
    close: () => handle.close(),
  };
}
