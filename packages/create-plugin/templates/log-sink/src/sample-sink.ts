import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { LogSinkPlugin } from '@project-runner/core';

export interface SampleSinkOptions {
  /** Folder of the files; made where it is missing. */
  dir: string;
}

/**
 * Appends each line as a JSON object to `{dir}/{server id}.jsonl`. The runner splits lines, decodes and batches, and keeps
 * a sink that fails from disturbing a server; a rejected `write` is counted as a loss.
 */
export function sampleSink({ dir }: SampleSinkOptions): LogSinkPlugin {
  return {
    kind: 'log-sink',
    name: 'sample',
    apiVersion: 1,
    async open({ serverId }) {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      const file = join(dir, `${serverId}.jsonl`);
      return {
        async write({ stream, time, sequence, lines }) {
          const rows = Array.from(lines(), (line, index) =>
            JSON.stringify({ time, stream, sequence: sequence + index, ...line }),
          );
          await appendFile(file, `${rows.join('\n')}\n`, { mode: 0o600 });
        },
        close() {},
      };
    },
  };
}
