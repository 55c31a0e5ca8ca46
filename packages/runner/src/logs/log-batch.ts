import type { LogBatch, LogLine } from '@project-runner/core';

/** A batch whose lines are decoded only for those who ask. Frozen: all sinks of a server get the same one. */
export function createLogBatch(fields: Omit<LogBatch, 'lines'>): LogBatch {
  return Object.freeze({ ...fields, lines: () => decode(fields) });
}

/** Number of the last line of a batch, or of what is told of one. */
export function lastOf({ sequence, count }: Pick<LogBatch, 'sequence' | 'count'>): number {
  return sequence + count - 1;
}

const newline = 0x0a;

/** The lines of a batch with a number above `after`; `null` for none. */
export function linesAfter(batch: LogBatch, after: number): LogBatch | null {
  const skip = after + 1 - batch.sequence;
  if (skip <= 0) return batch;
  if (skip >= batch.count) return null;
  let from = 0;
  for (let line = 0; line < skip; line += 1) from = batch.bytes.indexOf(newline, from) + 1;
  return createLogBatch({
    ...batch,
    bytes: batch.bytes.subarray(from),
    count: batch.count - skip,
    sequence: after + 1,
  });
}

function* decode({ bytes, partial }: Omit<LogBatch, 'lines'>): Iterable<LogLine> {
  const texts = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8').split('\n');
  texts.pop();
  for (const [index, text] of texts.entries()) {
    yield partial && index === texts.length - 1 ? { text, partial: true } : { text };
  }
}
