export interface BodyClockOptions {
  /** A body may keep us waiting so long, in ms. */
  timeoutMs: number;
  /** So many bytes earn a second more. */
  bytesPerSecond: number;
  onLate(): void;
}

/** Bounds how long a client takes over a body: counts only time in which we wait for it, not time in which it waits for us. */
export class BodyClock {
  readonly #options: BodyClockOptions;
  #bytes = 0;
  #waitedMs = 0;
  /** `null` while we do not wait. */
  #waitingSince: number | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: BodyClockOptions) {
    this.#options = options;
    this.wait();
  }

  /** Cheap: the timer looks when it is due. */
  add(bytes: number): void {
    this.#bytes += bytes;
  }

  wait(): void {
    if (this.#waitingSince !== null) return;
    this.#waitingSince = performance.now();
    this.#arm();
  }

  rest(): void {
    if (this.#waitingSince === null) return;
    this.#waitedMs += performance.now() - this.#waitingSince;
    this.#waitingSince = null;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    const { timeoutMs, bytesPerSecond } = this.#options;
    const waited = this.#waitedMs + performance.now() - (this.#waitingSince ?? performance.now());
    const left = timeoutMs + (this.#bytes / bytesPerSecond) * 1000 - waited;
    if (left <= 0) {
      this.rest();
      this.#options.onLate();
      return;
    }
    this.#timer = setTimeout(() => this.#arm(), Math.min(Math.ceil(left), maxTimer));
  }
}

/** The longest delay a Node timer takes. */
const maxTimer = 2 ** 31 - 1;
