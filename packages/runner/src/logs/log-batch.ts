import type { LogBatch, LogLine } from '@project-runner/core';

/** A batch whose lines are decoded only for those who ask. */
export function createLogBatch(fields: Omit<LogBatch, 'lines'>): LogBatch {
  return { ...fields, lines: () => decode(fields) };
}

function* decode({ bytes, partial }: Omit<LogBatch, 'lines'>): Iterable<LogLine> {
  const texts = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8').split('\n');
  texts.pop();
  for (const [index, text] of texts.entries()) {
    yield partial && index === texts.length - 1 ? { text, partial: true } : { text };
  }
}
