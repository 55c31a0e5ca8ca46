import type { LogSinkPlugin } from '@project-runner/core';

import { createBatchRing } from './batch-ring.ts';
import type { BatchRing } from './batch-ring.ts';

export interface MemorySinkOptions {
  /** Lines kept of each server. @default 10000 */
  lines?: number;
  /** Bytes kept of each server, whatever the lines; the newest batch is always kept. @default 16777216 */
  maxBytes?: number;
  /** Servers whose log is kept after their end; the one that ended first goes first. @default 100 */
  sessions?: number;
  /** Bytes kept of all of those together; the newest one is always kept. @default 67108864 */
  maxEndedBytes?: number;
}

/** Keeps the last lines of each server in memory, as bytes; they are decoded only when somebody reads. */
export function memorySink({
  lines = 10_000,
  maxBytes = 16 * 1024 * 1024,
  sessions = 100,
  maxEndedBytes = 64 * 1024 * 1024,
}: MemorySinkOptions = {}): LogSinkPlugin {
  const open = new Map<string, BatchRing>();
  const closed = new Map<string, BatchRing>();

  const forget = (): void => {
    let bytes = [...closed.values()].reduce((sum, ring) => sum + ring.bytes(), 0);
    for (const [id, ring] of closed) {
      if (closed.size <= sessions && (bytes <= maxEndedBytes || closed.size === 1)) return;
      bytes -= ring.bytes();
      closed.delete(id);
    }
  };

  return {
    kind: 'log-sink',
    name: 'memory',
    apiVersion: 1,
    open({ serverId }) {
      const ring = open.get(serverId) ?? closed.get(serverId) ?? createBatchRing(lines, maxBytes);
      closed.delete(serverId);
      open.set(serverId, ring);
      return {
        write: (batch) => ring.push(batch),
        close() {
          open.delete(serverId);
          closed.set(serverId, ring);
          ring.rest();
          forget();
        },
      };
    },
    read: ({ serverId }, query) => (open.get(serverId) ?? closed.get(serverId))?.read(query) ?? [],
  };
}
