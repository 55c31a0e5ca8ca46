import type { LogBatch, LogSinkPlugin, ObservabilityStorage } from '@project-runner/core';

import { batchEntries } from './batch-entries.ts';
import { lastOf } from './log-batch.ts';

const flushLines = 1000;
const flushMs = 5000;
/** Held while the storage fails; more is refused. */
const maxHeldLines = 10_000;

interface Row {
  sequence: number;
  json: string;
}

/**
 * Writes logs to a host's storage as JSON lines, a file for every 1000 lines or 5 s and one at the end:
 * `logs/{project}/{deployment}/{server}/{first line}.jsonl`. What the storage refuses is held and tried again. Without
 * a storage nothing is kept.
 */
export function storageSink(getStorage: () => ObservabilityStorage | undefined): LogSinkPlugin {
  return {
    kind: 'log-sink',
    name: 'storage',
    apiVersion: 1,
    open({ projectId, deploymentId, serverId }) {
      const folder = ['logs', ...[projectId, deploymentId, serverId].map(folderName)].join('/');
      const rows: Row[] = [];
      let last = 0;
      let timer: NodeJS.Timeout | undefined;
      let flushing: Promise<void> = Promise.resolve();

      const writeRows = async (): Promise<void> => {
        const storage = getStorage();
        const count = rows.length;
        const first = rows[0];
        if (!storage || !first) return;
        const name = String(first.sequence).padStart(12, '0');
        await storage.write(`${folder}/${name}.jsonl`, rows.map((row) => `${row.json}\n`).join(''));
        rows.splice(0, count);
      };

      /** One at a time: the timer's must not overlap with that of a write. */
      const flush = (): Promise<void> => {
        clearTimeout(timer);
        timer = undefined;
        const turn = flushing.then(writeRows);
        flushing = turn.catch(() => undefined);
        return turn;
      };

      /** The lines are held, so a failure is none yet. */
      const flushLater = (): void => {
        timer ??= setTimeout(() => void flush().catch(flushLater), flushMs).unref();
      };

      const hold = async (batch: LogBatch): Promise<void> => {
        if (rows.length >= maxHeldLines) await flush();
        for (const { sequence, time, stream, text, partial } of batchEntries(batch)) {
          const row = { id: String(sequence), timestamp: time.toISOString(), stream, line: text };
          rows.push({ sequence, json: JSON.stringify(partial ? { ...row, partial } : row) });
        }
        if (rows.length >= flushLines) await flush().catch(flushLater);
        else flushLater();
      };

      return {
        write(batch) {
          last = lastOf(batch);
          return getStorage() ? hold(batch) : undefined;
        },
        close: flush,
        // What is held would die with the runner. The storage cannot be asked what it has: the first file is written again.
        position: () => (rows[0] ? rows[0].sequence - 1 : last),
      };
    },
  };
}

/** An adopted server may have no project any more; and no id may name another place. */
function folderName(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9._-]/g, '_').replace(/^\.*$/, '_');
}
