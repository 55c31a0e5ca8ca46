import * as net from 'node:net';

import type {
  HeldServer,
  HeldSocket,
  HeldStart,
  PortLease,
  PortRequest,
  PortStrategyPlugin,
} from '@project-runner/core';

import { memoryPorts } from './memory-ports.test-support.ts';

/** What is done differently from the strategy that is right. */
export interface HeldPortsBreaks {
  key?: (share: string) => string;
  request?: (request: PortRequest) => PortRequest;
  hold?: (hold: () => HeldSocket | null) => HeldSocket | null;
  /** What the server is told; `binds`: it binds the port by itself; `mute`: it says nothing on its own path. */
  order?: (server: HeldServer) => HeldServer & { binds?: boolean; mute?: boolean };
  start?: (start: HeldStart) => object;
  /** Closes the socket with so many leases left. @default 0 */
  closesAt?: number;
  /** A second release of a lease counts. */
  releasesTwice?: boolean;
  /** So many ports at once. @default no limit */
  most?: number;
}

interface Bound {
  readonly fd: number;
  close(): void;
  getsockname(out: object): number;
}

interface Held {
  port: number;
  socket: Bound | null;
  leases: number;
}

/** The server asks for its port once, and gets the descriptor; then, or when it is told so by its own path. */
const preload = `
  import net from 'node:net';
  const { fd, socketPath, standby, binds, mute } = JSON.parse(process.env.CONFORMANCE_HELD);
  const { listen } = net.Server.prototype;
  net.Server.prototype.listen = function (...args) {
    net.Server.prototype.listen = listen;
    const go = (then) => listen.call(this, ...(binds ? args : [{ fd }]), then);
    const own = () => net.createServer((socket) => mute || this.emit('connection', socket)).listen(socketPath);
    if (standby) net.createServer((asking) => go(() => asking.end('active'))).listen(socketPath + '.go', own);
    else go(own);
    return this;
  };
`;

/** Holds sockets, for the servers of a key to inherit. */
export function heldPorts(breaks: HeldPortsBreaks = {}): PortStrategyPlugin {
  const { key = (share) => share, closesAt = 0 } = breaks;
  const range = memoryPorts(breaks.most === undefined ? {} : { most: breaks.most });
  const ofKeys = new Map<string, Held>();
  const lease = (held: Held, given: PortLease): PortLease => {
    held.leases += 1;
    let isReleased = false;
    const hold = (): HeldSocket | null => {
      const socket = (held.socket ??= bind(given));
      return socket && { fds: [socket.fd], prepare: (server) => prepare(server, held.leases > 1, breaks) };
    };
    return {
      ...given,
      hold: () => (breaks.hold ? breaks.hold(hold) : hold()),
      async release() {
        if (isReleased && !breaks.releasesTwice) return;
        isReleased = true;
        held.leases -= 1;
        if (held.leases === closesAt) {
          held.socket?.close();
          held.socket = null;
        }
        if (held.leases === 0) await given.release();
      },
    };
  };
  return {
    ...range,
    async acquire(asked, signal) {
      const request = breaks.request?.(asked) ?? asked;
      const { share, exclude, port } = request;
      if (share === undefined) return range.acquire(request, signal);
      signal.throwIfAborted();
      const known = ofKeys.get(key(share));
      const fits = known?.socket && !exclude.includes(known.port) && (port ?? known.port) === known.port;
      if (fits) return lease(known, { port: known.port, host: '127.0.0.1', env: {}, release: noLease });
      const given = await range.acquire(request, signal);
      const held = { port: given.port, socket: null, leases: 0 };
      ofKeys.set(key(share), held);
      return lease(held, given);
    },
  };
}

function noLease(): Promise<void> {
  return Promise.resolve();
}

function prepare(server: HeldServer, isShared: boolean, { order, start }: HeldPortsBreaks): HeldStart {
  const told = { ...server, standby: server.standby && isShared };
  const good: HeldStart = {
    args: ['--import', `data:text/javascript,${encodeURIComponent(preload)}`],
    env: { CONFORMANCE_HELD: JSON.stringify(order?.(told) ?? told) },
    activate: (signal) => (told.standby ? activate(server.socketPath, signal) : Promise.resolve()),
  };
  return { ...good, ...start?.(good) };
}

function activate(socketPath: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const asking = net.connect({ path: `${socketPath}.go`, signal }).setEncoding('utf8');
    asking.on('data', (text: string) => (answer += text));
    asking.once('error', reject);
    asking.once('close', () => (answer === 'active' ? resolve() : reject(new Error('no answer'))));
  });
}

/** Without listening, which is the server's part; `null` where somebody has the port. */
function bind({ host, port }: PortLease): Bound | null {
  const { _createServerHandle: create } = net as unknown as {
    _createServerHandle(host: string, port: number, addressType: 4): Bound | number;
  };
  const handle = create(host, port, 4);
  if (typeof handle === 'number') return null;
  // That the address is in use is not told by the bind, only by what comes after it.
  if (handle.getsockname({}) === 0) return handle;
  handle.close();
  return null;
}
