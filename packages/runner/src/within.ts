import { setTimeout as delay } from 'node:timers/promises';

/** The promise, or a rejection with the signal's reason as soon as that aborts. What the promise does then is nobody's concern. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  promise.catch(() => undefined);
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** The promise, or what `late` answers or throws when it takes longer. */
export async function withinMs<T>(promise: Promise<T>, ms: number, late: () => T): Promise<T> {
  const limit = new AbortController();
  const timeout = delay(ms, 'late' as const, { signal: limit.signal, ref: false }).catch(
    () => 'late' as const,
  );
  try {
    const first = await Promise.race([promise.then((value) => ({ value })), timeout]);
    return first === 'late' ? late() : first.value;
  } finally {
    limit.abort();
    promise.catch(() => undefined);
  }
}
