import type { LatencyStats } from './router-stats.ts';

/** Buckets for each doubling: a value is known to 7 %. */
const perDoubling = 10;
/** Up to 2^24 ms. Below 1/64 ms all is the first bucket. */
const doublings = 30;
const smallestMs = 1 / 64;

/** Counts durations in buckets that grow with them; 1 KB. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(perDoubling * doublings);
  #total = 0;
  #maxMs = 0;

  add(ms: number): void {
    const bucket = Math.floor(Math.log2(Math.max(ms, smallestMs) / smallestMs) * perDoubling);
    const index = Math.min(bucket, this.#counts.length - 1);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#total += 1;
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  stats(): LatencyStats {
    if (this.#total === 0) return { p50Ms: null, p99Ms: null, maxMs: null };
    return { p50Ms: this.#quantile(0.5), p99Ms: this.#quantile(0.99), maxMs: this.#maxMs };
  }

  /** The upper end of the bucket in which the quantile is. */
  #quantile(part: number): number {
    let left = Math.ceil(this.#total * part);
    const bucket = this.#counts.findIndex((count) => (left -= count) <= 0);
    return Math.min(smallestMs * 2 ** ((bucket + 1) / perDoubling), this.#maxMs);
  }
}
