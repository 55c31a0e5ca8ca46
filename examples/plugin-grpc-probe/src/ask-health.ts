import { connect as connectHttp2 } from 'node:http2';
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import type { Socket } from 'node:net';

import type { ProbeTarget } from '@project-runner/core';

import { decodeStatus, encodeRequest } from './messages.ts';
import type { ServingStatus } from './messages.ts';

export interface HealthAnswer {
  /** Of gRPC; 0 is well. */
  code: number;
  details: string;
  status: ServingStatus;
}

/** An answer has a few bytes; whoever sends more does not speak this protocol. */
const maxAnswerBytes = 64 * 1024;

/**
 * One call of `grpc.health.v1.Health/Check`. By hand, over HTTP/2: a channel of `@grpc/grpc-js` 1.14 never gives up its
 * connection to a server that accepts it and says nothing, which is just what a probe has to expect.
 */
export async function askHealth(
  { host, port, socketPath }: ProbeTarget,
  service: string,
  signal: AbortSignal,
): Promise<HealthAnswer> {
  signal.throwIfAborted();
  // Where there is a socket of this very server, the port may be answered by another one that shares it.
  const socket =
    socketPath === undefined ? connectSocket({ host, port }) : connectSocket({ path: socketPath });
  const gone = new Promise((resolve) => socket.once('close', resolve));
  const session = connectHttp2('http://localhost', { createConnection: () => socket });
  try {
    return await call(session, socket, service, signal);
  } finally {
    session.destroy();
    socket.destroy();
    await gone;
  }
}

function call(
  session: ClientHttp2Session,
  socket: Socket,
  service: string,
  signal: AbortSignal,
): Promise<HealthAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HealthAnswer>();
  signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
  socket.on('error', reject);
  session.on('error', reject);
  socket.once('close', () => reject(new Error('the server closed the connection')));

  const stream = session.request({
    ':method': 'POST',
    ':path': '/grpc.health.v1.Health/Check',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', reject);
  let headers: IncomingHttpHeaders = {};
  let answer: Buffer = Buffer.alloc(0);
  // A failure may come with the first headers and without trailers.
  stream.on('response', (found) => (headers = { ...headers, ...found }));
  stream.on('trailers', (found) => (headers = { ...headers, ...found }));
  stream.on('data', (chunk: Buffer) => {
    answer = Buffer.concat([answer, chunk]);
    if (answer.length > maxAnswerBytes) reject(new Error('the answer is none of a gRPC health service'));
  });
  stream.on('end', () => {
    const code = headers['grpc-status'];
    if (typeof code !== 'string') return reject(new Error('the server does not speak gRPC'));
    const details = percentDecoded(String(headers['grpc-message'] ?? ''));
    resolve({ code: Number(code), details, status: decodeStatus(answer) });
  });
  stream.end(encodeRequest(service));
  return promise;
}

/** Whatever a server says, it must not throw here. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not encoded as it should be: as it is.
    return text;
  }
}
