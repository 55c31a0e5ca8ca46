/** Keeps the last so many items. */
export class RingBuffer<T> {
  readonly #capacity: number;
  #items: T[] = [];

  /** @throws TypeError for a capacity that is not a whole number above 0 */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new TypeError(`capacity must be a whole number above 0; found ${capacity}`);
    }
    this.#capacity = capacity;
  }

  push(item: T): void {
    this.#items.push(item);
    // Cutting at twice the capacity makes a push cost the same however large the buffer is.
    if (this.#items.length >= this.#capacity * 2) this.#items = this.#items.slice(-this.#capacity);
  }

  /** Oldest first. */
  toArray(): T[] {
    return this.#items.slice(-this.#capacity);
  }

  /** The last `count`, oldest first. */
  getTail(count: number): T[] {
    return count <= 0 ? [] : this.#items.slice(-Math.min(count, this.#capacity));
  }

  getNewest(limit: number): T[] {
    return this.getTail(limit);
  }

  /** At most `limit` items right before the one with that id, oldest first; nothing for an id that is not kept. */
  getBefore(cursorId: string, limit: number, getId: (item: T) => string): T[] {
    const items = this.toArray();
    const index = items.findIndex((item) => getId(item) === cursorId);
    return index <= 0 ? [] : items.slice(Math.max(0, index - limit), index);
  }

  getSize(): number {
    return Math.min(this.#items.length, this.#capacity);
  }

  clear(): void {
    this.#items = [];
  }
}
