import type { LogBatch, LogSinkPlugin } from '@project-runner/core';

import { batchEntries } from './batch-entries.ts';
import { createLogBatch } from './log-batch.ts';
import { selectEntries } from './select-entries.ts';

export interface MemorySinkOptions {
  /** Lines kept of each server. @default 10000 */
  lines?: number;
  /** Bytes kept of each server, whatever the lines. @default 16777216 */
  maxBytes?: number;
  /** Servers whose log is kept after their end. @default 100 */
  sessions?: number;
}

interface Ring {
  batches: LogBatch[];
  lines: number;
  bytes: number;
  open: boolean;
}

/** Keeps the last lines of each server in memory, as bytes; they are decoded only when somebody reads. */
export function memorySink({
  lines = 10_000,
  maxBytes = 16 * 1024 * 1024,
  sessions = 100,
}: MemorySinkOptions = {}): LogSinkPlugin {
  const rings = new Map<string, Ring>();

  const forgetOldest = (): void => {
    const closed = [...rings].filter(([, ring]) => !ring.open);
    for (const [id] of closed.slice(0, Math.max(0, closed.length - sessions))) rings.delete(id);
  };

  return {
    kind: 'log-sink',
    name: 'memory',
    apiVersion: 1,
    open({ serverId }) {
      const ring = rings.get(serverId) ?? { batches: [], lines: 0, bytes: 0, open: true };
      ring.open = true;
      rings.set(serverId, ring);
      return {
        write(batch) {
          // The bytes are the pipeline's until `write` settles.
          const bytes = Uint8Array.from(batch.bytes);
          ring.batches.push(createLogBatch({ ...batch, bytes }));
          ring.lines += batch.count;
          ring.bytes += bytes.length;
          trim(ring, lines, maxBytes);
        },
        close() {
          ring.open = false;
          forgetOldest();
        },
      };
    },
    read({ serverId }, query) {
      const ring = rings.get(serverId);
      if (!ring) return [];
      const entries = ring.batches.flatMap((batch) => [...batchEntries(batch)]);
      return selectEntries(entries.slice(-lines), query);
    },
  };
}

/** Whole batches go, so up to one batch more than `lines` is held; `read` answers exactly `lines`. */
function trim(ring: Ring, lines: number, maxBytes: number): void {
  let drop = 0;
  for (const batch of ring.batches) {
    const last = drop === ring.batches.length - 1;
    if (last || (ring.lines - batch.count < lines && ring.bytes <= maxBytes)) break;
    ring.lines -= batch.count;
    ring.bytes -= batch.bytes.length;
    drop += 1;
  }
  if (drop > 0) ring.batches.splice(0, drop);
}
