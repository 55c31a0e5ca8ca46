import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';

/** `refused`: nobody listens there, and nothing was sent. `taken`: the target has it, or the client an answer. */
export type AttemptResult = 'taken' | 'refused';

export interface TargetFailure {
  status: 502 | 504;
  message: string;
}

/** Until a target accepts, nothing of the request is sent, and its body is not read: it can go to another. */
const nobodyThere: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT']);

/**
 * Follows a request to a target up to the head of its response.
 * @param connected called once the connection stands
 * @param failed called once instead of a response, unless the result is `refused`
 */
export function watchAttempt(
  outgoing: ClientRequest,
  limits: { connectTimeoutMs: number; responseTimeoutMs: number },
  { connected, failed }: { connected?(): void; failed(failure: TargetFailure): void },
): Promise<AttemptResult> {
  return new Promise((resolve) => {
    let stands = false;
    let responded = false;
    let late: TargetFailure | null = null;
    const isLate = (what: string, ms: number): void => {
      late = { status: 504, message: `The server did not ${what} within ${ms} ms` };
      outgoing.destroy();
    };
    let timer: NodeJS.Timeout | undefined;
    const onConnect = (): void => {
      stands = true;
      clearTimeout(timer);
      if (limits.responseTimeoutMs > 0) {
        outgoing.setTimeout(limits.responseTimeoutMs, () => {
          if (!responded) isLate('answer', limits.responseTimeoutMs);
        });
      }
      resolve('taken');
      connected?.();
    };
    outgoing.once('socket', (socket: Socket) => {
      if (!socket.connecting) return onConnect();
      socket.once('connect', onConnect);
      const { connectTimeoutMs } = limits;
      timer = setTimeout(() => isLate('accept a connection', connectTimeoutMs), connectTimeoutMs);
    });
    for (const event of ['response', 'upgrade']) outgoing.once(event, () => (responded = true));
    let over = false;
    const fail = (error?: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      // With a response this is about the rest of the request.
      if (over || responded) return;
      over = true;
      if (!stands && !late && nobodyThere.has(error?.code ?? '')) return resolve('refused');
      resolve('taken');
      failed(late ?? { status: 502, message: reason(error, stands) });
    };
    outgoing.on('error', fail);
    outgoing.once('close', () => fail());
  });
}

function reason(error: NodeJS.ErrnoException | undefined, stands: boolean): string {
  const code = error?.code ? ` (${error.code})` : '';
  return stands
    ? `The server broke the connection before it answered${code}`
    : `The server cannot be reached${code}`;
}
