import type { LogBatch, LogLine } from '@project-runner/core';

import { createLogBatch } from './log-batch.ts';

const newline = 0x0a;

/** What is left of a batch, in pieces without a gap in their numbers, of the same memory. */
export function matchingRuns(batch: LogBatch, isWanted: (line: LogLine) => boolean): LogBatch[] {
  const runs: LogBatch[] = [];
  let begin: { at: number; line: number } | null = null;
  let at = 0;
  let line = 0;
  const end = (): void => {
    if (begin) runs.push(part(batch, begin, { at, line }));
    begin = null;
  };
  for (const each of batch.lines()) {
    if (!isWanted(each)) end();
    else begin ??= { at, line };
    at = batch.bytes.indexOf(newline, at) + 1;
    line += 1;
  }
  end();
  return runs;
}

interface Place {
  at: number;
  line: number;
}

function part(batch: LogBatch, from: Place, to: Place): LogBatch {
  const isEnd = to.line === batch.count;
  const { partial, ...fields } = batch;
  return createLogBatch({
    ...fields,
    bytes: batch.bytes.subarray(from.at, to.at),
    count: to.line - from.line,
    sequence: batch.sequence + from.line,
    ...(isEnd && partial ? { partial } : {}),
  });
}
