import { createFifo } from './fifo.ts';

/**
 * Pieces of bytes, given up in the order in which they came. The memory of one that goes is used for others: the garbage
 * collector would be busy with little else, if each piece of a chatty log had memory of its own.
 */
export interface ByteRing {
  /** Bytes of all pieces. */
  readonly bytes: number;
  /** Copies. */
  push(piece: Uint8Array): void;
  /** Gives up the oldest piece. */
  shift(): void;
  /** A piece, from the oldest, 0, on; valid until the next change. */
  at(index: number): Buffer;
  /** Lets go of memory that holds no piece. */
  compact(): void;
}

/** `expected`: bytes beyond which it takes no more memory than it needs. */
export function createByteRing(expected: number): ByteRing {
  let memory = Buffer.alloc(0);
  let spans = createFifo<{ start: number; end: number }>();
  let bytes = 0;

  /** Where so many bytes fit in one piece, between the newest and the oldest. */
  const place = (length: number): number | null => {
    const head = spans.at(0)?.start ?? 0;
    const tail = spans.at(spans.length - 1)?.end ?? 0;
    const isWrapped = spans.length > 0 && tail <= head;
    if (length <= (isWrapped ? head : memory.length) - tail) return tail;
    return !isWrapped && length <= head ? 0 : null;
  };

  const move = (capacity: number): void => {
    const larger = Buffer.allocUnsafeSlow(capacity);
    const moved = createFifo<{ start: number; end: number }>();
    let start = 0;
    for (let span = spans.shift(); span; span = spans.shift()) {
      const end = start + memory.copy(larger, start, span.start, span.end);
      moved.push({ start, end });
      start = end;
    }
    spans = moved;
    memory = larger;
  };

  return {
    get bytes() {
      return bytes;
    },
    push(piece) {
      const { length } = piece;
      let start = place(length);
      if (start === null) {
        move(Math.max(bytes + 2 * length, Math.min(memory.length * 2, expected + length)));
        start = bytes;
      }
      memory.set(piece, start);
      spans.push({ start, end: start + length });
      bytes += length;
    },
    shift() {
      const span = spans.shift();
      if (span) bytes -= span.end - span.start;
    },
    at(index) {
      const { start, end } = spans.at(index) ?? { start: 0, end: 0 };
      return memory.subarray(start, end);
    },
    compact: () => move(bytes),
  };
}
