import type { TLSSocket } from 'node:tls';

import type { Exchange } from './exchange.ts';
import type { ForwardContext } from './forward-context.ts';
import { requestHeaders } from './request-headers.ts';
import { requestTarget } from './request-target.ts';
import type { TargetRequest } from './target.ts';

/** What a target is asked. */
export function targetRequest(
  { request, clientAddress }: Exchange,
  { trustForwarded }: ForwardContext,
  { upgrade }: { upgrade: boolean },
): TargetRequest {
  const { authority, path } = requestTarget(request);
  const headers = requestHeaders(request, {
    authority,
    clientAddress,
    protocol: (request.socket as Partial<TLSSocket>).encrypted ? 'https' : 'http',
    trustForwarded,
    upgrade,
  });
  return { method: request.method ?? 'GET', path, headers };
}
