export interface LineSplitterOptions {
  /** Longer lines are passed on in parts. @default 65536 */
  maxLineBytes?: number;
  /** Whole lines, each ended by `\n`. `partial`: the last of them goes on in the next call. */
  onLines(bytes: Uint8Array, count: number, partial: boolean): void;
}

/** Cuts chunks of bytes into whole lines, without ever decoding them. */
export interface LineSplitter {
  push(chunk: Uint8Array): void;
  /** Hands over a last line that had no line ending. */
  end(): void;
}

const newline = 0x0a;
const carriageReturn = 0x0d;

export function createLineSplitter({ maxLineBytes = 65_536, onLines }: LineSplitterOptions): LineSplitter {
  let carry: Buffer = Buffer.alloc(0);

  const emitLines = (bytes: Buffer): void => {
    const clean = withoutCarriageReturns(bytes);
    onLines(clean, countLines(clean), false);
  };

  /** A piece without a line ending of its own; a `\r` in it is text. */
  const emitPiece = (bytes: Buffer, partial: boolean): void => {
    onLines(Buffer.concat([bytes, Buffer.of(newline)]), 1, partial);
  };

  const emitParts = (): void => {
    while (carry.length > maxLineBytes) {
      const end = characterBoundary(carry, maxLineBytes);
      emitPiece(carry.subarray(0, end), true);
      carry = carry.subarray(end);
    }
  };

  /** Lines of ordinary length go out in one piece; a long one among them goes out in parts. */
  const emitWhole = (whole: Buffer): void => {
    let start = 0;
    let from = 0;
    for (
      let at = whole.indexOf(newline);
      at !== -1 && whole.length > maxLineBytes;
      at = whole.indexOf(newline, from)
    ) {
      if (at - from > maxLineBytes) {
        if (from > start) emitLines(whole.subarray(start, from));
        carry = whole.subarray(from, whole[at - 1] === carriageReturn ? at - 1 : at);
        emitParts();
        emitPiece(carry, false);
        carry = Buffer.alloc(0);
        start = at + 1;
      }
      from = at + 1;
    }
    if (start < whole.length) emitLines(whole.subarray(start));
  };

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const last = bytes.lastIndexOf(newline);
      if (last === -1) {
        carry = Buffer.concat([carry, bytes]);
      } else {
        const whole =
          carry.length > 0
            ? Buffer.concat([carry, bytes.subarray(0, last + 1)])
            : bytes.subarray(0, last + 1);
        const rest = Buffer.from(bytes.subarray(last + 1));
        emitWhole(whole);
        carry = rest;
      }
      // One byte over the limit may be the `\r` of a line ending that fits.
      if (carry.length > maxLineBytes + 1) emitParts();
    },
    end() {
      if (carry.length === 0) return;
      emitParts();
      emitPiece(carry, false);
      carry = Buffer.alloc(0);
    },
  };
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) count += 1;
  return count;
}

/** `\r\n` ends a line, too. Nearly no output has it, so look before copying. */
function withoutCarriageReturns(bytes: Buffer): Buffer {
  if (!bytes.includes('\r\n')) return bytes;
  const clean = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    if (bytes[i] === carriageReturn && bytes[i + 1] === newline) continue;
    clean[length] = bytes[i] ?? 0;
    length += 1;
  }
  return clean.subarray(0, length);
}

/** The last place at or before `limit` where no UTF-8 character is cut; `limit` where the bytes are not UTF-8. */
function characterBoundary(bytes: Buffer, limit: number): number {
  for (let at = limit; at > limit - 4 && at > 0; at -= 1) {
    if (((bytes[at] ?? 0) & 0xc0) !== 0x80) return at;
  }
  return limit;
}
