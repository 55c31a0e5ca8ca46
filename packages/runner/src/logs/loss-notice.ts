import type { LogBatch, LogStreamName } from '@project-runner/core';

import { createLogBatch } from './log-batch.ts';

/** Lines without a gap between them that did not reach a sink. */
export interface Loss {
  count: number;
  /** Number of the last of them. */
  last: number;
}

export function mergeLosses(earlier: Loss | null, later: Loss): Loss {
  return { count: (earlier?.count ?? 0) + later.count, last: later.last };
}

/** `1 line`, `2 lines`. */
export function countLines(count: number): string {
  return `${count} ${count === 1 ? 'line' : 'lines'}`;
}

/** Says a loss in the log itself. It takes the number of the last lost line, so numbers stay unique and rising. */
export function lossNotice({ count, last }: Loss, time: Date): LogBatch {
  const bytes = Buffer.from(`[project-runner] ${countLines(count)} lost\n`);
  return createLogBatch({ stream: 'stderr', time, bytes, count: 1, sequence: last, notice: true });
}

/** Says in the log that output was given up before it was read. */
export function droppedNotice(stream: LogStreamName, bytes: number): Buffer {
  return Buffer.from(`[project-runner] ${bytes} bytes of ${stream} dropped: more than could be kept\n`);
}
