export interface LineSplitterOptions {
  /** Longer lines are passed on in parts. @default 65536 */
  maxLineBytes?: number;
  /** Whole lines, each ended by `\n`. `partial`: the line goes on in the next call; such a part always comes alone. */
  onLines(bytes: Uint8Array, count: number, partial: boolean): void;
}

/** Cuts chunks of bytes into whole lines, without ever decoding them. What comes out may be a view of a chunk. */
export interface LineSplitter {
  push(chunk: Uint8Array): void;
  /** Hands over a last line that had no line ending. */
  end(): void;
}

const newline = 0x0a;
const carriageReturn = 0x0d;
const ending = Buffer.of(newline);
const nothing = Buffer.alloc(0);

export function createLineSplitter({ maxLineBytes = 65_536, onLines }: LineSplitterOptions): LineSplitter {
  /** The unfinished line is `held` up to `length`; the room grows by doubling, for output in tiny chunks. */
  let held: Buffer = nothing;
  let length = 0;

  const hold = (bytes: Buffer): void => {
    if (length + bytes.length > held.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length + bytes.length, length * 2));
      held.copy(larger, 0, 0, length);
      held = larger;
    }
    length += bytes.copy(held, length);
  };

  /** A line without its ending, in as many parts as it takes while it is longer than `limit`; answers the rest. */
  const emitParts = (line: Buffer, limit: number): Buffer => {
    let rest = line;
    while (rest.length > limit) {
      const end = characterBoundary(rest, maxLineBytes);
      onLines(Buffer.concat([rest.subarray(0, end), ending]), 1, true);
      rest = rest.subarray(end);
    }
    return rest;
  };

  const emitLong = (line: Buffer): void =>
    onLines(Buffer.concat([emitParts(line, maxLineBytes), ending]), 1, false);

  /** Lines of ordinary length go out in one piece; a long one among them goes out in parts. */
  const emitWhole = (whole: Buffer): void => {
    let start = 0;
    let from = 0;
    let count = 0;
    for (let at = whole.indexOf(newline); at !== -1; at = whole.indexOf(newline, from)) {
      const end = at - (at > from && whole[at - 1] === carriageReturn ? 1 : 0);
      if (end - from > maxLineBytes) {
        if (count > 0) onLines(withoutCarriageReturns(whole.subarray(start, from)), count, false);
        emitLong(whole.subarray(from, end));
        start = at + 1;
        count = 0;
      } else count += 1;
      from = at + 1;
    }
    if (count > 0) onLines(withoutCarriageReturns(whole.subarray(start)), count, false);
  };

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const whole = bytes.lastIndexOf(newline) + 1;
      if (whole > 0) {
        const lines = bytes.subarray(0, whole);
        const carried = held.subarray(0, length);
        held = nothing;
        length = 0;
        emitWhole(carried.length > 0 ? Buffer.concat([carried, lines]) : lines);
      }
      hold(bytes.subarray(whole));
      // One byte over the limit may be the `\r` of a line ending that fits.
      if (length > maxLineBytes + 1) {
        const rest = emitParts(held.subarray(0, length), maxLineBytes + 1);
        held = Buffer.from(rest);
        length = rest.length;
      }
    },
    end() {
      const rest = held.subarray(0, length);
      held = nothing;
      length = 0;
      if (rest.length > 0) emitLong(rest);
    },
  };
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
