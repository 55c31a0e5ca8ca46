/** A queue whose oldest item goes at the same price however many there are. */
export interface Fifo<T> {
  readonly length: number;
  push(item: T): void;
  shift(): T | undefined;
  /** From the oldest, 0, on. */
  at(index: number): T | undefined;
}

export function createFifo<T>(): Fifo<T> {
  let items: (T | undefined)[] = [];
  /** The places before it are empty; they are cut off in bulk. */
  let head = 0;
  return {
    get length() {
      return items.length - head;
    },
    push: (item) => void items.push(item),
    shift() {
      const first = items[head];
      if (head === items.length) return undefined;
      items[head] = undefined;
      head += 1;
      if (head >= 64 && head * 2 >= items.length) {
        items = items.slice(head);
        head = 0;
      }
      return first;
    },
    at: (index) => (index < 0 ? undefined : items[head + index]),
  };
}
