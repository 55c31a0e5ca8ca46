import type { SecretMask } from './secret-mask.ts';

export interface LineSplitterOptions {
  /** Longer lines are passed on in parts. @default 65536 */
  maxLineBytes?: number;
  mask?: SecretMask;
  /**
   * Whole lines, each ended by `\n`. `partial`: the line goes on in the next call; such a part always comes alone.
   * `rawLength`: how many of the pushed bytes these are.
   */
  onLines(bytes: Uint8Array, count: number, partial: boolean, rawLength: number): void;
}

/** Cuts chunks of bytes into whole lines, without ever decoding them. What comes out may be a view of a chunk. */
export interface LineSplitter {
  /** The chunk is the splitter's from then on, and so are `headroom` bytes of its memory right before it. */
  push(chunk: Uint8Array, headroom?: number): void;
  /** Hands over a last line that had no line ending. Another one may follow. */
  end(): void;
  /** Some bytes will never come: what there is of the last line ends, and the next one begins after a line ending. */
  skip(): void;
}

const newline = 0x0a;
const carriageReturn = 0x0d;
const ending = Buffer.of(newline);
const nothing = Buffer.alloc(0);

export function createLineSplitter({
  maxLineBytes = 65_536,
  mask,
  onLines,
}: LineSplitterOptions): LineSplitter {
  /** The unfinished line is `held` up to `length`; the room grows by doubling, for output in tiny chunks. */
  let held: Buffer = nothing;
  let length = 0;
  let skipping = false;
  /** One byte over the limit may be the `\r` of a line ending that fits; and no cut may hide a secret from its mask. */
  const holdLimit = (): number => maxLineBytes + 1 + (mask?.maxLength ?? 0);

  const hold = (bytes: Buffer): void => {
    if (length + bytes.length > held.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length + bytes.length, length * 2));
      held.copy(larger, 0, 0, length);
      held = larger;
    }
    length += bytes.copy(held, length);
  };

  /** What is held and what follows it, in one piece. */
  const join = (following: Buffer, headroom: number): Buffer => {
    if (length === 0) return following;
    const carried = takeHeld();
    if (carried.length > headroom) return Buffer.concat([carried, following]);
    const joined = Buffer.from(
      following.buffer,
      following.byteOffset - carried.length,
      carried.length + following.length,
    );
    carried.copy(joined);
    return joined;
  };

  const takeHeld = (): Buffer => {
    const taken = held.subarray(0, length);
    held = nothing;
    length = 0;
    return taken;
  };

  /** A line without its ending, in as many parts as it takes while it is longer than `limit`; answers the rest. */
  const emitParts = (line: Buffer, limit: number): Buffer => {
    let rest = line;
    while (rest.length > limit) {
      const end = characterBoundary(rest, maxLineBytes);
      onLines(normalizeLines(rest.subarray(0, end), true), 1, true, end);
      rest = rest.subarray(end);
    }
    return rest;
  };

  const emitLong = (line: Buffer, endingLength: number): void => {
    const rest = emitParts(line, maxLineBytes);
    onLines(Buffer.concat([rest, ending]), 1, false, rest.length + endingLength);
  };

  const emitBlock = (block: Buffer, count: number): void => {
    if (count > 0) onLines(normalizeLines(block, false), count, false, block.length);
  };

  /** Lines of ordinary length go out in one piece; a long one among them goes out in parts. */
  const emitWhole = (whole: Buffer): void => {
    mask?.apply(whole);
    let start = 0;
    let from = 0;
    let count = 0;
    for (let at = whole.indexOf(newline); at !== -1; at = whole.indexOf(newline, from)) {
      const end = at - (at > from && whole[at - 1] === carriageReturn ? 1 : 0);
      if (end - from > maxLineBytes) {
        emitBlock(whole.subarray(start, from), count);
        emitLong(whole.subarray(from, end), at + 1 - end);
        start = at + 1;
        count = 0;
      } else count += 1;
      from = at + 1;
    }
    emitBlock(whole.subarray(start), count);
  };

  const afterSkip = (bytes: Buffer): Buffer => {
    const at = bytes.indexOf(newline);
    skipping = at === -1;
    const skipped = skipping ? bytes.length : at + 1;
    onLines(nothing, 0, false, skipped);
    return bytes.subarray(skipped);
  };

  const end = (): void => {
    const rest = takeHeld();
    mask?.apply(rest);
    if (rest.length > 0) emitLong(rest, 0);
  };

  return {
    push(chunk, headroom = 0) {
      let bytes: Buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      if (skipping) bytes = afterSkip(bytes);
      const whole = bytes.lastIndexOf(newline) + 1;
      if (whole > 0) emitWhole(join(bytes.subarray(0, whole), headroom));
      hold(bytes.subarray(whole));
      if (length <= holdLimit()) return;
      const long = takeHeld();
      mask?.apply(long);
      // A copy: the parts are views of what was held.
      hold(Buffer.from(emitParts(long, holdLimit())));
    },
    end,
    skip() {
      end();
      skipping = true;
    },
  };
}

/** Lines as sinks get them, each ended by `\n`: `\r\n` ends a line, too, and a last line or a part may have no ending. */
export function normalizeLines(raw: Buffer, partial: boolean): Buffer {
  if (partial) return Buffer.concat([raw, ending]);
  const ended = raw.at(-1) === newline ? raw : Buffer.concat([raw, ending]);
  return withoutCarriageReturns(ended);
}

/** Nearly no output has them, so look before copying. */
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
