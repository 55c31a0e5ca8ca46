/** Lets so many tasks run at once; the rest wait in order. */
export interface BuildQueue {
  /** Runs `task` when its turn comes; rejects with the signal's reason when it aborts while waiting. */
  run<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T>;
  waiting(): number;
}

export function createBuildQueue(limit: number): BuildQueue {
  let running = 0;
  const waiters: (() => void)[] = [];

  const turn = (signal: AbortSignal): Promise<void> => {
    if (running < limit) {
      running += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const waiter = (): void => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      const abort = (): void => {
        waiters.splice(waiters.indexOf(waiter), 1);
        reject(signal.reason as Error);
      };
      waiters.push(waiter);
      signal.addEventListener('abort', abort, { once: true });
    });
  };

  // A finished task hands its place to the next waiter, so that nobody can slip in between.
  const leave = (): void => {
    const next = waiters.shift();
    if (next) next();
    else running -= 1;
  };

  return {
    async run(signal, task) {
      signal.throwIfAborted();
      await turn(signal);
      try {
        return await task();
      } finally {
        leave();
      }
    },
    waiting: () => waiters.length,
  };
}
