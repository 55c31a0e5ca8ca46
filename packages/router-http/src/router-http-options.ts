import type { Logger, LogSinkPlugin } from '@project-runner/core';

import type { AccessLogEntry } from './access-log-entry.ts';
import type { WrittenTls } from './tls-option.ts';
import type { Wake } from './wake.ts';

export interface RouterHttpOptions {
  /** 0: any that is free. @default 8080 */
  port?: number;
  /** Addresses to listen at. @default the loopback addresses, '127.0.0.1' and, where there is IPv6, '::1' */
  host?: string | readonly string[];
  /** @default 'localhost' */
  baseDomain?: string;
  /** How the world reaches the router, where something stands before it: for `publicUrl` and links. */
  publicAddress?: PublicAddress;
  /** Keeps routes over restarts. One router a file. @default routes are in memory only */
  routesFile?: string;
  /** With certificates the port speaks TLS only. */
  tls?: WrittenTls;
  hold?: HoldOptions;
  /** Starts what a request wants and nobody serves. */
  wake?: Wake;
  limits?: LimitOptions;
  /** Gets a line for each request: a function, or a log sink, or several. */
  accessLog?: AccessLogReceiver | readonly AccessLogReceiver[];
  /** Keep `X-Forwarded-*` and `Forwarded` of clients: only behind a proxy that sets them itself. @default false */
  trustForwarded?: boolean;
  /** Name routes on the page of the base domain and on the page for unknown hosts. @default true */
  listing?: boolean;
  /** What `checkRouteHealth` asks for. @default '/health' */
  healthPath?: string;
  logger?: Logger;
}

export interface PublicAddress {
  /** @default what the port speaks */
  protocol?: 'http' | 'https';
  /** @default the port listened at */
  port?: number;
}

/** How long, and how many, requests wait for a server that is not there. After that: 503 with `Retry-After`. */
export interface HoldOptions {
  /** A request's wait for a target that refuses connections. 0: none. @default 10000 */
  timeoutMs?: number;
  /** Requests of one subdomain that wait. @default 100 */
  maxRequests?: number;
  /** A request's wait where there is a `wake`. @default 60000 */
  wakeTimeoutMs?: number;
}

export interface LimitOptions {
  /** Of the request line, headers and trailers together. @default 16384 */
  maxHeaderBytes?: number;
  /** From the first byte of a connection or request to the end of its headers. @default 10000 */
  headersTimeoutMs?: number;
  /** A body may keep us waiting so long in all, plus what its bytes earn. @default 20000 */
  bodyTimeoutMs?: number;
  /** For so many bytes of a body its time is a second longer. @default 500 */
  bodyBytesPerSecond?: number;
  /** Connections of clients at once; more are closed as they come. @default 10000 */
  maxConnections?: number;
  /** A connection without a request. @default 60000 */
  keepAliveTimeoutMs?: number;
  /** Connecting to a target. @default 5000 */
  connectTimeoutMs?: number;
  /** Silence of a target before its response begins. 0: for ever. @default 300000 */
  responseTimeoutMs?: number;
}

export type AccessLogReceiver = LogSinkPlugin | ((entry: AccessLogEntry) => void);
