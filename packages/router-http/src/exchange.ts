import type { IncomingMessage } from 'node:http';

import type { AccessLogEntry, RequestOutcome } from './access-log-entry.ts';
import type { Route } from './route.ts';

export interface ExchangeEnd {
  exchange: Exchange;
  entry(): AccessLogEntry;
}

/** One request and its response: what is known of it, and whether its client is still there. */
export class Exchange {
  readonly request: IncomingMessage;
  /** As asked for: lower case, no port. */
  readonly host: string;
  /** Before the base domain; `null` for a foreign host. */
  readonly subdomain: string | null;
  readonly clientAddress: string;
  /** Client and target may have sent so much of a body, or of a WebSocket. */
  bytesReceived = 0;
  bytesSent = 0;
  heldMs = 0;
  /** Why the connection is about to be broken. */
  broken: RequestOutcome = 'client-gone';
  /** The client sends its body when it is told to, by a `100`. */
  awaitsContinue = false;
  readonly #time = new Date();
  readonly #startedAt = performance.now();
  readonly #onEnd: (end: ExchangeEnd) => void;
  #route: Route | null = null;
  #status: number | null = null;
  #latencyMs: number | null = null;
  #ended = false;
  #whenGone: (() => void)[] = [];

  constructor(
    request: IncomingMessage,
    host: string,
    subdomain: string | null,
    onEnd: (end: ExchangeEnd) => void,
  ) {
    this.request = request;
    this.host = host;
    this.subdomain = subdomain;
    this.clientAddress = plainAddress(request.socket.remoteAddress ?? '');
    this.#onEnd = onEnd;
  }

  get route(): Route | null {
    return this.#route;
  }

  /** A body may come or not, so what comes next on the connection cannot be read. */
  get leavesBody(): boolean {
    return this.awaitsContinue && !this.request.complete;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Counts for the route from now on. */
  assign(route: Route): void {
    if (route === this.#route) return;
    this.#route?.counters.handOver();
    this.#route = route;
    route.counters.begin();
  }

  /** The response begins. */
  head(status: number): void {
    this.#status = status;
    this.#latencyMs = performance.now() - this.#startedAt;
  }

  /** Is called at once where the client has gone already; not after the end. */
  onGone(callback: () => void): void {
    if (this.#ended) callback();
    else this.#whenGone.push(callback);
  }

  complete(): void {
    this.#end('completed');
  }

  /** The client's connection is closed. */
  gone(): void {
    if (this.#ended) return;
    const callbacks = this.#whenGone;
    this.#end(this.broken);
    for (const callback of callbacks) callback();
  }

  #end(outcome: RequestOutcome): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#whenGone = [];
    this.#route?.counters.end({
      status: this.#status,
      latencyMs: this.#latencyMs,
      targetGone: outcome === 'target-gone',
      clientGone: outcome === 'client-gone',
    });
    this.#onEnd({ exchange: this, entry: () => this.#entry(outcome) });
  }

  #entry(outcome: RequestOutcome): AccessLogEntry {
    const { url = '', method = '' } = this.request;
    const { deploymentId = null, projectId = null } = this.#route?.stored ?? {};
    return {
      time: this.#time,
      deploymentId,
      projectId,
      clientAddress: this.clientAddress,
      method,
      host: this.host,
      path: url.split('?', 1)[0] ?? '',
      status: this.#status,
      bytesSent: this.bytesSent,
      bytesReceived: this.bytesReceived,
      latencyMs: this.#latencyMs,
      durationMs: performance.now() - this.#startedAt,
      heldMs: this.heldMs,
      outcome,
    };
  }
}

/** An IPv4 client of a dual-stack socket is an IPv4 client. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
