import type { ServerResponse } from 'node:http';

import type { Exchange } from './exchange.ts';
import type { LimitOptions } from './router-http-options.ts';

/** What forwarding needs of the router. */
export interface ForwardContext {
  readonly limits: Required<LimitOptions>;
  readonly trustForwarded: boolean;
  isClosing(): boolean;
  /** An answer of the router's own. */
  answer(exchange: Exchange, response: ServerResponse, answer: OwnAnswer): void;
}

export interface OwnAnswer {
  status: number;
  message: string;
  /** @default the status in words */
  title?: string;
  /** The connection is not to be used any more. */
  close?: boolean;
  retryAfterS?: number;
}
