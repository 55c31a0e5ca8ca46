/**
 * Waits for an action until one of the signals aborts. The action gets a signal for that, to end what it has open.
 * @throws the reason of the signal that aborts first
 */
export async function abortable<T>(
  signals: readonly (AbortSignal | undefined)[],
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => {
    const { reason } = signals.find((signal) => signal?.aborted) ?? over.signal;
    over.abort(reason);
    aborted.reject(reason as Error);
  };
  for (const signal of signals) signal?.throwIfAborted();
  for (const signal of signals) signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([action(over.signal), aborted.promise]);
  } finally {
    for (const signal of signals) signal?.removeEventListener('abort', abort);
  }
}
