import { fstatSync } from 'node:fs';
import * as net from 'node:net';

/** A socket that is bound and does not listen. */
export interface BoundSocket {
  readonly fd: number;
  readonly inode: number;
  close(): void;
}

/** Node's own wrap of a socket, as `net` uses it. */
interface Handle {
  readonly fd: number;
  close(): void;
  getsockname(out: { port?: number }): number;
}

/** Not documented; see docs/decisions/0010-held-sockets.md. */
type CreateServerHandle = (host: string, port: number, addressType: 4 | 6) => Handle | number;

/**
 * Binds a socket without listening on it: an event loop that listens accepts, and nobody would answer here. A string says
 * why there is none.
 */
export function bindSocket(
  host: string,
  port: number,
  create: unknown = (net as { _createServerHandle?: unknown })._createServerHandle,
): BoundSocket | string {
  if (process.platform === 'win32') return 'descriptors cannot be inherited on Windows';
  if (typeof create !== 'function') return 'this version of Node cannot bind a socket without listening';
  const handle = (create as CreateServerHandle)(host, port, host.includes(':') ? 6 : 4);
  if (typeof handle === 'number') return `binding ${host}:${port} failed with error ${-handle}`;
  // An address in use is not told by the bind, only by whatever comes after it.
  const found: { port?: number } = {};
  const error = handle.getsockname(found);
  if (error !== 0 || found.port !== port || !(handle.fd > 2)) {
    handle.close();
    return error === 0
      ? 'this version of Node does not tell the descriptor of a socket'
      : `binding ${host}:${port} failed with error ${-error}`;
  }
  return { fd: handle.fd, inode: fstatSync(handle.fd).ino, close: () => handle.close() };
}
