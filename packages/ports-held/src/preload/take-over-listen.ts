import net from 'node:net';
import type { Server } from 'node:net';

import type { HeldOrder } from '../held-order.ts';
import { activatable } from './activatable.ts';
import { askedListen } from './asked-listen.ts';
import { drainOnSigterm } from './drain-on-sigterm.ts';
import { openHeldHandle } from './held-handle.ts';
import { openPrivateSocket } from './private-socket.ts';
import { watchServer } from './watch-server.ts';

type Listen = (this: Server, ...args: unknown[]) => Server;

/**
 * The first server of this process that listens on the port of the order gets the held socket. Servers of `http`, `https`
 * and `http2`, in CommonJS and ESM, share the one prototype.
 */
export function takeOverListen(order: HeldOrder): void {
  const prototype = net.Server.prototype as unknown as { listen: Listen };
  const { listen } = prototype;
  const drain = drainOnSigterm(order.drainMs);
  let isTaken = false;
  prototype.listen = function (...args) {
    const asked = askedListen(args);
    if (isTaken || asked?.port !== order.port || isOfCluster(this)) return listen.apply(this, args);
    isTaken = true;
    const handle = openHeldHandle(order);
    const watched = watchServer(this);
    const privateSocket = openPrivateSocket(this, order.socketPath);
    if (order.standby) activatable(order, handle, privateSocket);
    else {
      handle.mayListen();
      privateSocket.unref();
    }
    drain({
      stopAccepting: () => handle.close(),
      drain: (deadlineMs) => watched.drain(deadlineMs),
      end: () => privateSocket.close(),
    });
    const { signal } = asked;
    if (signal) {
      if (signal.aborted) process.nextTick(() => this.close());
      else signal.addEventListener('abort', () => void this.close(), { once: true });
    }
    return listen.call(this, handle.wrap, ...asked.callback);
  };
}

/** A cluster gives the connections of this one to its workers. */
function isOfCluster(server: Server): boolean {
  const { workers = {} } = process.getBuiltinModule('node:cluster') as { workers?: object };
  return server.constructor === net.Server && Object.keys(workers).length > 0;
}
