import type { LogBatch, LogEntry } from '@project-runner/core';

const newline = 0x0a;
const space = 0x20;
const partialTag = 0x50;
/** `2026-01-23T12:00:00.000Z stdout F `: times and stream names always have the same length. */
const timeLength = 24;
const streamAt = timeLength + 1;
const tagAt = streamAt + 7;
const prefixLength = tagAt + 2;
/** `:` and the digits of a number. */
const numberLength = 17;

/** How much a batch takes in the format at most. */
export function formattedLength({ bytes, count }: Pick<LogBatch, 'bytes' | 'count'>): number {
  return bytes.length + count * prefixLength + numberLength;
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
  const full = prefix('F');
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headOf = (line: number): Buffer => {
    const tag = partial && line === count ? 'P' : 'F';
    if (line === 1 && number !== undefined) return prefix(`${tag}:${number}`);
    return tag === 'F' ? full : prefix(tag);
  };
  let to = 0;
  let from = 0;
  for (let line = 1; line <= count; line += 1) {
    const end = source.indexOf(newline, from) + 1;
    const head = line > 1 && line < count ? full : headOf(line);
    if (to + head.length + end - from > memory.length) {
      yield memory.subarray(0, to);
      to = 0;
    }
    memory.set(head, to);
    to += head.length;
    if (end - from > memory.length - to) {
      yield memory.subarray(0, to);
      to = 0;
      yield source.subarray(from, end);
    } else to += source.copy(memory, to, from, end);
    from = end;
  }
  yield memory.subarray(0, to);
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
