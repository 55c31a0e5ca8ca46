import type { IncomingMessage } from 'node:http';

import { hopByHop } from './hop-by-hop.ts';

export interface RequestHeadersOptions {
  /** What stands in `Host`. */
  authority: string;
  clientAddress: string;
  protocol: 'http' | 'https';
  /** What clients say about who they are is passed on, and added to. */
  trustForwarded: boolean;
  upgrade: boolean;
}

/** The fields for the target, names and values in turn: case, order and repetitions are the client's. */
export function requestHeaders(request: IncomingMessage, options: RequestHeadersOptions): string[] {
  const { headers, rawHeaders } = request;
  const { authority, trustForwarded, upgrade } = options;
  const endsHere = hopByHop(headers.connection);
  const chunked = headers['transfer-encoding'] !== undefined;
  const sent = ['Host', authority];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    const lower = name.toLowerCase();
    if (lower === 'host' || endsHere(lower) || isForwarded(lower, trustForwarded)) continue;
    // Only a chunked message can have trailers.
    if (lower === 'trailer' && !chunked) continue;
    // Chunks say how long it is; a parser that heeded both would be open to smuggling.
    if (lower === 'content-length' && chunked) continue;
    sent.push(name, rawHeaders[index + 1] as string);
  }
  sent.push(...forwarded(request, options), ...framing(request, chunked));
  if (upgrade) sent.push('Connection', 'Upgrade', 'Upgrade', headers.upgrade ?? '');
  else if (/(^|[,\s])trailers\b/i.test(String(headers.te ?? '')))
    sent.push('TE', 'trailers', 'Connection', 'keep-alive, TE');
  return sent;
}

/** Whoever can reach the router can write these, and servers believe them. */
function isForwarded(name: string, trusted: boolean): boolean {
  if (name === 'x-forwarded-for' || name === 'x-forwarded-host' || name === 'x-forwarded-proto') return true;
  return !trusted && (name === 'forwarded' || name === 'x-real-ip' || name.startsWith('x-forwarded-'));
}

function forwarded(
  { headers }: IncomingMessage,
  { authority, clientAddress, protocol, trustForwarded }: RequestHeadersOptions,
): string[] {
  const told = (name: string): string | undefined =>
    trustForwarded ? (headers[name] as string | undefined) : undefined;
  const before = told('x-forwarded-for');
  return [
    'X-Forwarded-For',
    before ? `${before}, ${clientAddress}` : clientAddress,
    'X-Forwarded-Host',
    told('x-forwarded-host') ?? authority,
    'X-Forwarded-Proto',
    told('x-forwarded-proto') ?? protocol,
  ];
}

/** A method that usually has a body says when it has none. */
function framing({ headers, method }: IncomingMessage, chunked: boolean): string[] {
  if (chunked) return ['Transfer-Encoding', 'chunked'];
  const usuallyHasBody = method === 'POST' || method === 'PUT' || method === 'PATCH';
  return usuallyHasBody && headers['content-length'] === undefined ? ['Content-Length', '0'] : [];
}
