import { connect } from 'node:net';

/** How a wait ended. `open`: it is worth another try. */
export type WaitResult = 'open' | 'late' | 'failed';

export interface WaitingRoomOptions {
  /** What lets all go: that somebody listens there, that `wake` resolves, or nothing but `end`. */
  until: { host: string; port: number } | 'woken' | 'told';
  /** Called once; aborted when nobody waits any more. */
  wake: ((signal: AbortSignal) => Promise<void>) | null;
  onEmpty(): void;
  onWakeFailed(error: unknown): void;
}

const firstPauseMs = 5;
const longestPauseMs = 250;

/**
 * Where requests of one subdomain wait for a server. One of them all looks whether somebody listens by now, so that a
 * server that starts is not stormed.
 */
export class WaitingRoom {
  readonly #options: WaitingRoomOptions;
  readonly #waiting = new Set<(result: WaitResult) => void>();
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = firstPauseMs;

  constructor(options: WaitingRoomOptions) {
    this.#options = options;
    if (options.wake) void this.#wake(options.wake);
    if (typeof options.until === 'object') this.#lookLater();
  }

  get count(): number {
    return this.#waiting.size;
  }

  /** @param leave given a function that ends this wait alone */
  wait(timeoutMs: number, leave: (leave: () => void) => void): Promise<WaitResult> {
    return new Promise((resolve) => {
      const end = (result: WaitResult): void => {
        clearTimeout(timer);
        this.#waiting.delete(end);
        resolve(result);
        if (this.#waiting.size === 0) this.#close();
      };
      const timer = setTimeout(() => end('late'), timeoutMs);
      this.#waiting.add(end);
      leave(() => end('late'));
    });
  }

  /** Lets all go. */
  end(result: WaitResult): void {
    for (const end of this.#waiting) end(result);
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#options.onEmpty();
  }

  async #wake(wake: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await wake(this.#abort.signal);
      // Where there is an address, the next look tells, and where a change is to be told, that: a server that was woken in vain is not asked in a circle.
      if (this.#options.until === 'woken') this.end('open');
      else this.#look();
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      this.#options.onWakeFailed(error);
      this.end('failed');
    }
  }

  #lookLater(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
  }

  #look(): void {
    const { until } = this.#options;
    if (typeof until === 'string' || this.#abort.signal.aborted) return;
    clearTimeout(this.#timer);
    const socket = connect({ ...until, timeout: longestPauseMs * 4 });
    socket.once('connect', () => {
      socket.destroy();
      this.end('open');
    });
    socket.once('timeout', () => socket.destroy());
    socket.once('error', () => undefined);
    socket.once('close', () => {
      if (!this.#abort.signal.aborted) this.#lookLater();
    });
  }
}
