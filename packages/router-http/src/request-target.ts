import type { IncomingMessage } from 'node:http';

/** Whom a request is for, as written, and what it is about. */
export interface RequestTarget {
  authority: string;
  path: string;
}

/** An absolute address in the request line counts more than `Host` (RFC 9112, 3.2.2). */
export function requestTarget({ url = '/', headers }: IncomingMessage): RequestTarget {
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/is.exec(url);
  if (!absolute) return { authority: headers.host ?? '', path: url };
  const rest = absolute[2] ?? '';
  return { authority: absolute[1] ?? '', path: rest.startsWith('/') ? rest : `/${rest}` };
}
