import type { LogBatch, LogEntry } from '@project-runner/core';

/** The lines of a batch with their numbers. */
export function batchEntries({ sequence, time, stream, lines }: LogBatch): LogEntry[] {
  return Array.from(lines(), (line, index) => ({ sequence: sequence + index, time, stream, ...line }));
}
