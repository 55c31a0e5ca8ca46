/** Lets so many run at once; the others wait in order. */
export interface RunQueue {
  /**
   * Resolves when it is its turn; the answer makes room for the next one, and does so once.
   * @throws the signal's reason
   */
  enter(signal: AbortSignal): Promise<() => void>;
  /** For what runs already: it counts, and waits for nobody. */
  join(): () => void;
}

export function createRunQueue(limit: number): RunQueue {
  let inside = 0;
  const waiting = new Set<() => void>();

  const leave = (): void => {
    inside -= 1;
    const [next] = waiting;
    if (inside < limit && next) next();
  };
  const join = (): (() => void) => {
    inside += 1;
    let isIn = true;
    return () => {
      if (isIn) leave();
      isIn = false;
    };
  };

  return {
    join,
    async enter(signal) {
      signal.throwIfAborted();
      if (inside < limit) return join();
      const turn = Promise.withResolvers<() => void>();
      const next = (): void => {
        waiting.delete(next);
        turn.resolve(join());
      };
      const abort = (): void => {
        waiting.delete(next);
        turn.reject(signal.reason as Error);
      };
      waiting.add(next);
      signal.addEventListener('abort', abort, { once: true });
      try {
        return await turn.promise;
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
  };
}
