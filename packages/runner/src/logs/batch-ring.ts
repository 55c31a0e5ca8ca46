import type { LogBatch, LogEntry, LogQuery } from '@project-runner/core';

import { batchEntries } from './batch-entries.ts';
import { createLogBatch } from './log-batch.ts';

/** The last lines of a log, in batches. */
export interface BatchRing {
  push(batch: LogBatch): void;
  /** Decodes from the newest line on, and only as far as the query needs. */
  read(query: LogQuery): LogEntry[];
  /** Bytes held. */
  bytes(): number;
}

/** Whole batches are dropped, so up to a batch more than `maxLines` is held; `read` answers exactly `maxLines`. */
export function createBatchRing(maxLines: number, maxBytes: number): BatchRing {
  let batches: (LogBatch | undefined)[] = [];
  /** The places before it are empty; they are cut off in bulk, so that dropping costs the same however many are held. */
  let head = 0;
  let lines = 0;
  let bytes = 0;

  const trim = (): void => {
    for (let first = batches[head]; first && head < batches.length - 1; first = batches[head]) {
      if (lines - first.count < maxLines && bytes <= maxBytes) break;
      lines -= first.count;
      bytes -= first.bytes.length;
      batches[head] = undefined;
      head += 1;
    }
    if (head < 64 || head * 2 < batches.length) return;
    batches = batches.slice(head);
    head = 0;
  };

  return {
    bytes: () => bytes,
    push(batch) {
      // The bytes are the pipeline's until `write` settles.
      batches.push(createLogBatch({ ...batch, bytes: new Uint8Array(batch.bytes) }));
      lines += batch.count;
      bytes += batch.bytes.length;
      trim();
    },
    read({ tail = Number.POSITIVE_INFINITY, since, until, stream, before }) {
      const found: LogEntry[] = [];
      let cursorSeen = before === undefined;
      let room = maxLines;
      for (let index = batches.length - 1; index >= head && room > 0 && found.length < tail; index -= 1) {
        const batch = batches[index];
        if (!batch) break;
        const first = batch.sequence + Math.max(0, batch.count - room);
        room -= batch.count;
        if (before !== undefined && before < first) continue;
        cursorSeen ||= before !== undefined && before < batch.sequence + batch.count;
        if (!cursorSeen) return [];
        const { time } = batch;
        if ((since && time < since) || (until && time > until) || (stream && stream !== batch.stream))
          continue;
        for (const entry of batchEntries(batch).toReversed()) {
          if (entry.sequence < first || found.length >= tail) break;
          if (before === undefined || entry.sequence < before) found.push(entry);
        }
      }
      return found.toReversed();
    },
  };
}
