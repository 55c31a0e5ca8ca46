import { open } from 'node:fs/promises';
import { join } from 'node:path';

import type { LogSinkPlugin } from '@project-runner/core';

/** Appends every line as a JSON object to `{dir}/{server id}.jsonl`. */
export function jsonLinesSink({ dir }: { dir: string }): LogSinkPlugin {
  return {
    kind: 'log-sink',
    name: 'json-lines',
    apiVersion: 1,
    async open({ serverId }) {
      const file = await open(join(dir, `${serverId}.jsonl`), 'a', 0o600);
      return {
        async write({ stream, time, lines }) {
          const rows = Array.from(lines(), (line) => JSON.stringify({ time, stream, ...line }));
          await file.write(`${rows.join('\n')}\n`);
        },
        close: () => file.close(),
      };
    },
  };
}
