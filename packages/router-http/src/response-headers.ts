import type { IncomingMessage } from 'node:http';

import { hopByHop } from './hop-by-hop.ts';

/** The fields for the client, names and values in turn: case, order and repetitions are the target's. */
export function responseHeaders(
  response: IncomingMessage,
  { chunks, close }: { chunks: boolean; close: boolean },
): string[] {
  const { headers, rawHeaders } = response;
  const endsHere = hopByHop(headers.connection);
  const chunked = headers['transfer-encoding'] !== undefined;
  const sent: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    const lower = name.toLowerCase();
    if (endsHere(lower)) continue;
    // Trailers need chunks, on both sides.
    if (lower === 'trailer' && !(chunked && chunks)) continue;
    sent.push(name, rawHeaders[index + 1] as string);
  }
  if (close) sent.push('Connection', 'close');
  return sent;
}
