import type { LogBatch, LogEntry } from '@project-runner/core';

/** The lines of a batch with their numbers. */
export function* batchEntries(batch: LogBatch): Iterable<LogEntry> {
  let { sequence } = batch;
  for (const line of batch.lines()) {
    yield { sequence, time: batch.time, stream: batch.stream, ...line };
    sequence += 1;
  }
}
