import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { LogSinkPlugin } from '@project-runner/core';

/** Appends every line as a JSON object to `{dir}/{server id}.jsonl`. */
export function jsonLinesSink({ dir }: { dir: string }): LogSinkPlugin {
  return {
    kind: 'log-sink',
    name: 'json-lines',
    apiVersion: 1,
    open({ serverId }) {
      const file = join(dir, `${serverId}.jsonl`);
      return {
        async write({ stream, time, lines }) {
          const rows = Array.from(lines(), (line) => JSON.stringify({ time, stream, ...line }));
          await appendFile(file, `${rows.join('\n')}\n`, { mode: 0o600 });
        },
        close() {},
      };
    },
  };
}
