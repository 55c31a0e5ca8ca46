/** How much a queue holds, and who waits until it is less. */
export interface QueueRoom {
  take(bytes: number): void;
  free(bytes: number): void;
  fits(bytes: number): boolean;
  /** Resolves when there is room again, `null` while there is. What does not move is not waited for until it is empty. */
  wait(): Promise<void> | null;
}

/** How long a queue that is full may hold up whoever fills it. */
const stallMs = 1000;

export function createQueueRoom(maxBytes: number): QueueRoom {
  let taken = 0;
  /** Too slow to be waited for. */
  let behind = false;
  let waiting: { promise: Promise<void>; end(): void } | null = null;

  const wait = (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      behind = true;
      waiting?.end();
    }, stallMs).unref();
    const end = (): void => {
      clearTimeout(timer);
      waiting = null;
      resolve();
    };
    waiting = { promise, end };
    return promise;
  };

  return {
    take(bytes) {
      taken += bytes;
    },
    free(bytes) {
      taken -= bytes;
      if (taken > maxBytes / 2) return;
      if (taken <= 0) behind = false;
      waiting?.end();
    },
    fits: (bytes) => taken + bytes <= maxBytes,
    wait() {
      if (behind || taken <= maxBytes / 2) return null;
      return waiting?.promise ?? wait();
    },
  };
}
