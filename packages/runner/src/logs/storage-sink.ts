import type { LogBatch, LogSinkPlugin, ObservabilityStorage } from '@project-runner/core';

import { batchEntries } from './batch-entries.ts';

const flushLines = 1000;
const flushMs = 5000;

/** Writes logs to a host's storage as JSON lines, a file for every 1000 lines or 5 s: `logs/{project}/{deployment}/{server}/{first line}.jsonl`. */
export function storageSink(getStorage: () => ObservabilityStorage | undefined): LogSinkPlugin {
  return {
    kind: 'log-sink',
    name: 'storage',
    apiVersion: 1,
    open({ projectId, deploymentId, serverId }) {
      let rows: string[] = [];
      let first = 0;
      let timer: NodeJS.Timeout | undefined;

      const flush = async (): Promise<void> => {
        clearTimeout(timer);
        timer = undefined;
        const storage = getStorage();
        const text = rows.map((row) => `${row}\n`).join('');
        rows = [];
        if (!storage || text === '') return;
        const name = String(first).padStart(12, '0');
        await storage.write(`logs/${projectId}/${deploymentId}/${serverId}/${name}.jsonl`, text);
      };

      return {
        async write(batch: LogBatch) {
          if (!getStorage()) return;
          if (rows.length === 0) first = batch.sequence;
          for (const { sequence, time, stream, text } of batchEntries(batch)) {
            rows.push(
              JSON.stringify({ id: String(sequence), timestamp: time.toISOString(), stream, line: text }),
            );
          }
          if (rows.length >= flushLines) await flush();
          else timer ??= setTimeout(() => void flush().catch(process.emitWarning), flushMs);
        },
        close: flush,
      };
    },
  };
}
