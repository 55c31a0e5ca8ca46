import type { LogBatch, LogEntry, LogQuery } from '@project-runner/core';

import { batchEntries } from './batch-entries.ts';
import { createByteRing } from './byte-ring.ts';
import { createFifo } from './fifo.ts';
import { createLogBatch } from './log-batch.ts';

/** The last lines of a log, in batches. */
export interface BatchRing {
  push(batch: LogBatch): void;
  /** Decodes from the newest line on, and only as far as the query needs. */
  read(query: LogQuery): LogEntry[];
  /** Bytes held. */
  bytes(): number;
  /** No batch comes soon: takes no more memory than it needs. */
  rest(): void;
}

/** What is told of a batch beside its bytes. */
type Head = Omit<LogBatch, 'lines' | 'bytes'>;

/** Whole batches are dropped, so up to a batch more than `maxLines` is held; `read` answers exactly `maxLines`. */
export function createBatchRing(maxLines: number, maxBytes: number): BatchRing {
  const heads = createFifo<Head>();
  const pieces = createByteRing(maxBytes);
  let lines = 0;

  /** Before a batch of that size comes. */
  const trim = (count: number, bytes: number): void => {
    for (let first = heads.at(0); first; first = heads.at(0)) {
      if (lines + count - first.count < maxLines && pieces.bytes + bytes <= maxBytes) break;
      lines -= first.count;
      heads.shift();
      pieces.shift();
    }
  };

  return {
    bytes: () => pieces.bytes,
    rest: pieces.compact,
    push({ bytes, stream, time, count, sequence, partial = false }) {
      trim(count, bytes.length);
      // The bytes are the pipeline's when `write` has returned.
      pieces.push(bytes);
      heads.push({ stream, time, count, sequence, partial });
      lines += count;
    },
    read({ tail = Number.POSITIVE_INFINITY, since, until, stream, before }) {
      const found: LogEntry[] = [];
      let cursorSeen = before === undefined;
      let room = maxLines;
      for (let index = heads.length - 1; index >= 0 && room > 0 && found.length < tail; index -= 1) {
        const head = heads.at(index);
        if (!head) break;
        const first = head.sequence + Math.max(0, head.count - room);
        room -= head.count;
        if (before !== undefined && before < first) continue;
        cursorSeen ||= before !== undefined && before < head.sequence + head.count;
        if (!cursorSeen) return [];
        const { time } = head;
        if ((since && time < since) || (until && time > until) || (stream && stream !== head.stream))
          continue;
        const batch = createLogBatch({ ...head, bytes: pieces.at(index) });
        for (const entry of batchEntries(batch).toReversed()) {
          if (entry.sequence < first || found.length >= tail) break;
          if (before === undefined || entry.sequence < before) found.push(entry);
        }
      }
      return found.toReversed();
    },
  };
}
