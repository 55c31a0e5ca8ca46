import type { IncomingMessage, ServerResponse } from 'node:http';

import { htmlPage, jsonPage } from './page.ts';
import type { PageContent } from './page.ts';
import { wantsJson } from './wants-json.ts';

export interface PageHead {
  status: number;
  close: boolean;
  retryAfterS?: number | undefined;
}

/** Answers how many bytes of a body it has. */
export function sendPage(
  request: IncomingMessage,
  response: ServerResponse,
  { status, close, retryAfterS }: PageHead,
  content: PageContent,
): number {
  const json = wantsJson(request.headers.accept);
  const body = Buffer.from(json ? jsonPage(content) : htmlPage(content));
  response.writeHead(status, {
    'Content-Type': json ? 'application/json' : 'text/html; charset=utf-8',
    'Content-Length': body.length,
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    Vary: 'Accept',
    ...(retryAfterS === undefined ? {} : { 'Retry-After': String(retryAfterS) }),
    ...(close ? { Connection: 'close' } : {}),
  });
  response.end(body);
  return request.method === 'HEAD' ? 0 : body.length;
}
