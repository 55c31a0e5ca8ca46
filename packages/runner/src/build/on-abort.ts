/** Calls `listener` once when the signal aborts, at once if it has already. Answers how to stop listening. */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal?.aborted) listener();
  else signal?.addEventListener('abort', listener, { once: true });
  return () => signal?.removeEventListener('abort', listener);
}

/** What the promise settles to, or the signal's reason if that is sooner. What comes after it is swallowed. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const unlisten = onAbort(signal, () => reject(signal.reason as Error));
    void promise.then(resolve, reject).finally(unlisten);
  });
}
