/** Runs tasks of one key one after the other, in the order of the calls. */
export interface KeyedLock {
  /** A task whose signal aborts while it waits for its turn is not run: the call rejects with the reason at once. */
  run<T>(key: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Resolves when nothing runs any more. */
  idle(): Promise<void>;
}

export function createKeyedLock(): KeyedLock {
  const tails = new Map<string, Promise<unknown>>();
  return {
    run(key, task, signal) {
      let started = false;
      const begin = (): ReturnType<typeof task> => {
        signal?.throwIfAborted();
        started = true;
        return task();
      };
      const result = (tails.get(key) ?? Promise.resolve()).then(begin);
      // The next one waits for the end of this one, whatever that is; the caller gets the failure.
      const tail = result.then(
        () => undefined,
        () => undefined,
      );
      tails.set(key, tail);
      void tail.then(() => {
        if (tails.get(key) === tail) tails.delete(key);
      });
      return signal ? unlessAbortedBefore(result, signal, () => started) : result;
    },
    async idle() {
      while (tails.size > 0) await Promise.all(tails.values());
    },
  };
}

function unlessAbortedBefore<T>(
  result: Promise<T>,
  signal: AbortSignal,
  hasStarted: () => boolean,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      if (!hasStarted()) reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
