/** Lets so many tasks run at once; the rest wait in order. */
export interface BuildQueue {
  /** Runs `task` when its turn comes; rejects with the signal's reason when it aborts while waiting. */
  run<T>(turn: BuildTurn, task: () => Promise<T>): Promise<T>;
  waiting(): number;
}

export interface BuildTurn {
  /** What `perKey` counts by. */
  key: string;
  signal: AbortSignal;
  /** Called when it has to wait, with its place in the queue from 1 on. */
  onWait?(position: number): void;
}

export interface BuildQueueLimits {
  total: number;
  /** Tasks of one key at once. @default no limit but `total` */
  perKey?: number;
}

interface Waiter {
  key: string;
  start(): void;
}

export function createBuildQueue({ total, perKey = Infinity }: BuildQueueLimits): BuildQueue {
  const running = new Map<string, number>();
  const waiters: Waiter[] = [];
  let count = 0;

  const change = (key: string, by: 1 | -1): void => {
    const ofKey = (running.get(key) ?? 0) + by;
    if (ofKey === 0) running.delete(key);
    else running.set(key, ofKey);
    count += by;
  };
  const mayRun = (key: string): boolean => count < total && (running.get(key) ?? 0) < perKey;

  /** The places are taken here and not by the tasks, so that nobody can slip in between. */
  const startNext = (): void => {
    // One that waits for its own key holds up nobody behind it.
    for (let at = waiters.findIndex(({ key }) => mayRun(key)); at !== -1;) {
      const [next] = waiters.splice(at, 1);
      if (next) change(next.key, 1);
      next?.start();
      at = waiters.findIndex(({ key }) => mayRun(key));
    }
  };

  const takeTurn = ({ key, signal, onWait }: BuildTurn): Promise<void> => {
    if (mayRun(key)) {
      change(key, 1);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        waiters.splice(waiters.indexOf(waiter), 1);
        reject(signal.reason as Error);
      };
      const waiter: Waiter = {
        key,
        start() {
          signal.removeEventListener('abort', abort);
          resolve();
        },
      };
      waiters.push(waiter);
      signal.addEventListener('abort', abort, { once: true });
      onWait?.(waiters.length);
    });
  };

  return {
    async run(turn, task) {
      turn.signal.throwIfAborted();
      await takeTurn(turn);
      try {
        return await task();
      } finally {
        change(turn.key, -1);
        startNext();
      }
    },
    waiting: () => waiters.length,
  };
}
