import type { LogBatch, LogEntry } from '@project-runner/core';

const newline = 0x0a;
const space = 0x20;
const partialTag = 0x50;
/** `2026-01-23T12:00:00.000Z stdout F `: times and stream names always have the same length. */
const timeLength = 24;
const streamAt = timeLength + 1;
const tagAt = streamAt + 7;
const prefixLength: number = tagAt + 2;

/** How long a batch is in the format, without a number. */
export function formattedLength({ bytes, count }: Pick<LogBatch, 'bytes' | 'count'>): number {
  return bytes.length + count * prefixLength;
}

/** How much memory it takes to have a batch in the format in one piece. */
export function roomFor(batch: Pick<LogBatch, 'bytes' | 'count'>): number {
  return formattedLength(batch) + lineRoom;
}

/**
 * A batch in the CRI log format, `time stream F|P text`, as bytes: one pass, no string a line, in pieces that fit into the
 * memory and are valid until the next one. Lines are numbered by their place in a file; where numbers are left out, `number`
 * puts the first line's number into its tag, `F:number`, since the format keeps what follows a colon there for writers.
 * https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
 */
export function* formatBatch(
  batch: Omit<LogBatch, 'lines'>,
  number: number | undefined,
  memory: Buffer,
): Generator<Buffer> {
  const { stream, bytes, count, partial } = batch;
  const time = batch.time.toISOString();
  const prefix = (tag: string): Buffer => Buffer.from(`${time} ${stream} ${tag} `);
  const headOf = (line: number): Buffer => {
    const tag = partial && line === count ? 'P' : 'F';
    return prefix(line === 1 && number !== undefined ? `${tag}:${number}` : tag);
  };
  const full = toWords(prefix('F'));
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = viewOf(source);
  const writer = viewOf(memory);
  // A native call costs as much as a whole line of 100 bytes takes this way.
  const inWords = bytes.length / count <= 128 ? maxInWords : 0;
  let to = 0;
  let from = 0;
  for (let line = 1; line <= count; line += 1) {
    if (to + lineRoom > memory.length) {
      yield memory.subarray(0, to);
      to = 0;
    }
    if (line === 1 || line === count) to += headOf(line).copy(memory, to);
    else {
      for (let index = 0; index < full.length; index += 1) {
        writer.setInt32(to + index * 4, full[index] ?? 0, true);
      }
      to += prefixLength;
    }
    const limit = Math.min(from + inWords, source.length - 3);
    while (from < limit) {
      const word = reader.getInt32(from, true);
      if (hasNewline(word)) break;
      writer.setInt32(to, word, true);
      from += 4;
      to += 4;
    }
    const end = from < limit ? endInWord(source, from) : source.indexOf(newline, from) + 1;
    if (end - from > memory.length - to) {
      yield memory.subarray(0, to);
      to = 0;
      yield source.subarray(from, end);
    } else if (end - from <= 4) {
      for (; from < end; from += 1, to += 1) memory[to] = source[from] ?? 0;
    } else to += source.copy(memory, to, from, end);
    from = end;
  }
  yield memory.subarray(0, to);
}

/** Bytes of a line. */
const maxInWords = 256;
/** What is free in memory where a line begins: its prefix with any number, and what is copied of it in words. */
const lineRoom = prefixLength + 17 + maxInWords + 4;

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

function toWords(bytes: Buffer): Int32Array {
  const padded = Buffer.alloc(Math.ceil(bytes.length / 4) * 4);
  bytes.copy(padded);
  const view = viewOf(padded);
  return Int32Array.from({ length: padded.length / 4 }, (_, index) => view.getInt32(index * 4, true));
}

/** Whether one of four bytes is a newline. https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord */
function hasNewline(word: number): boolean {
  const other = word ^ 0x0a0a0a0a;
  return ((other - 0x01010101) & ~other & 0x80808080) !== 0;
}

/** Behind the newline that is one of the next four bytes. */
function endInWord(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] !== newline && at < from + 3) at += 1;
  return at + 1;
}

/** The number that a line carries itself, `null` where its place tells it. `at` is where the line begins. */
export function numberInTag(bytes: Buffer, at: number): number | null {
  const from = at + tagAt + 1;
  if (bytes[from] !== 0x3a) return null;
  const number = Number(bytes.toString('latin1', from + 1, bytes.indexOf(space, from)));
  return Number.isSafeInteger(number) ? number : null;
}

/** One line without its ending; `null` for what is not in the format. */
export function parseLine(bytes: Buffer, sequence: number): LogEntry | null {
  const name = bytes.toString('latin1', streamAt, tagAt - 1);
  if (name !== 'stdout' && name !== 'stderr') return null;
  const time = new Date(bytes.toString('latin1', 0, timeLength));
  const textAt = bytes.indexOf(space, tagAt) + 1;
  if (textAt === 0 || Number.isNaN(time.getTime())) return null;
  const entry = { sequence, time, stream: name, text: bytes.toString('utf8', textAt) } as const;
  return bytes[tagAt] === partialTag ? { ...entry, partial: true } : entry;
}
