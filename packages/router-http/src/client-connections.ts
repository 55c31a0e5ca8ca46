import type { Socket } from 'node:net';

import type { Exchange } from './exchange.ts';

/** The open connections of clients and what is asked on them. */
export class ClientConnections {
  readonly #max: number;
  readonly #sockets = new Set<Socket>();
  /** Those that requests can come on: with TLS, what is inside of it. */
  readonly #ready = new Set<Socket>();
  readonly #exchanges = new Map<Socket, Set<Exchange>>();
  readonly #tunnels = new Set<Exchange>();
  #refused = 0;
  #active = 0;
  #closing = false;
  #whenIdle: (() => void) | null = null;

  /** @param max more are closed as they come */
  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    return this.#sockets.size;
  }

  get refused(): number {
    return this.#refused;
  }

  add(socket: Socket): void {
    if (this.#sockets.size >= this.#max) {
      this.#refused += 1;
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  ready(socket: Socket): void {
    this.#ready.add(socket);
    socket.once('close', () => this.#ready.delete(socket));
  }

  /** Tells the exchange when its connection closes. One listener a connection, however many requests it carries. */
  begin(exchange: Exchange): void {
    const { socket } = exchange.request;
    this.#active += 1;
    const known = this.#exchanges.get(socket);
    if (known) {
      known.add(exchange);
      return;
    }
    const exchanges = new Set([exchange]);
    this.#exchanges.set(socket, exchanges);
    socket.once('close', () => {
      this.#exchanges.delete(socket);
      for (const open of exchanges) open.gone();
    });
  }

  /** It is a WebSocket now, which nobody waits for. */
  tunnel(exchange: Exchange): void {
    this.#tunnels.add(exchange);
    this.#done();
  }

  end(exchange: Exchange): void {
    const { socket } = exchange.request;
    const others = this.#exchanges.get(socket);
    others?.delete(exchange);
    if (this.#closing && others?.size === 0) socket.destroySoon();
    if (!this.#tunnels.delete(exchange)) this.#done();
  }

  /** Closes connections without a request, and the others after their last. Resolves when nothing is asked any more. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const socket of this.#ready) {
      if ((this.#exchanges.get(socket)?.size ?? 0) === 0) socket.destroy();
    }
    if (this.#active === 0) return;
    await new Promise<void>((resolve) => (this.#whenIdle = resolve));
  }

  /** Breaks what is open. */
  destroy(): void {
    for (const exchanges of this.#exchanges.values()) {
      for (const exchange of exchanges) exchange.broken = 'cut';
    }
    for (const socket of this.#sockets) socket.destroy();
  }

  #done(): void {
    this.#active -= 1;
    if (this.#active === 0) this.#whenIdle?.();
  }
}
