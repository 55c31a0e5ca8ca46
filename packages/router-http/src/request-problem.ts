import type { IncomingMessage } from 'node:http';

import type { OwnAnswer } from './forward-context.ts';

/** What of a request could be read in two ways, or cannot be passed on; `null` for nothing. The parser has refused the rest. */
export function requestProblem(request: IncomingMessage, host: string): OwnAnswer | null {
  const { headers, rawHeaders, httpVersionMinor } = request;
  if (host === '') return bad('The request does not say which host it is for.');
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  if (hosts > 1) return bad('The request has more than one Host field.');
  const coding = headers['transfer-encoding'];
  if (coding === undefined) return null;
  if (httpVersionMinor === 0) return bad('HTTP/1.0 knows no Transfer-Encoding.');
  if (coding.toLowerCase() === 'chunked') return null;
  return { status: 501, message: `The router knows no transfer coding but chunked.`, close: true };
}

function bad(message: string): OwnAnswer {
  return { status: 400, message, close: true };
}
