/** Lets so many tasks run at once; the rest wait in order. */
export interface BuildQueue {
  /** Runs `task` when its turn comes; rejects with the signal's reason when it aborts while waiting. */
  run<T>(turn: BuildTurn, task: (place: BuildPlace) => Promise<T>): Promise<T>;
  waiting(): number;
}

/** What a running task has. */
export interface BuildPlace {
  /**
   * Gives the place to others while the task waits for something that is not its own doing. The answer takes one again,
   * before all who wait; it rejects with the signal's reason.
   */
  lend(): () => Promise<void>;
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

  const takeTurn = async ({ key, signal, onWait }: BuildTurn, isBack = false): Promise<void> => {
    signal.throwIfAborted();
    if (mayRun(key)) {
      change(key, 1);
      return;
    }
    await new Promise<void>((resolve, reject) => {
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
      signal.addEventListener('abort', abort, { once: true });
      if (isBack) return void waiters.unshift(waiter);
      waiters.push(waiter);
      onWait?.(waiters.length);
    });
  };

  return {
    async run(turn, task) {
      turn.signal.throwIfAborted();
      await takeTurn(turn);
      let holds = true;
      const give = (): void => {
        if (holds) change(turn.key, -1);
        holds = false;
        startNext();
      };
      const lend = (): (() => Promise<void>) => {
        give();
        return async () => {
          if (holds) return;
          await takeTurn(turn, true);
          holds = true;
        };
      };
      try {
        return await task({ lend });
      } finally {
        give();
      }
    },
    waiting: () => waiters.length,
  };
}
