import { randomUUID } from 'node:crypto';

import type { LogBatch, LogSession } from '@project-runner/core';

/** A session that nobody has seen before. */
export function newSession(): LogSession {
  return {
    serverId: randomUUID(),
    deploymentId: randomUUID(),
    projectId: randomUUID(),
    buildId: randomUUID(),
  };
}

/** Lines as the runner hands them over: `lines()` decodes `bytes` when it is called. */
export function batch(
  lines: readonly (string | Uint8Array)[],
  sequence: number,
  { stream = 'stdout', time = new Date(), partial, notice }: Partial<LogBatch> = {},
): LogBatch {
  const newline = Buffer.from('\n');
  const bytes = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), newline]));
  return {
    stream,
    time,
    sequence,
    count: lines.length,
    bytes,
    ...(partial ? { partial } : {}),
    ...(notice ? { notice } : {}),
    lines() {
      const texts = bytes.toString().split('\n').slice(0, -1);
      return texts.map((text, index) =>
        partial && index === texts.length - 1 ? { text, partial } : { text },
      );
    },
  };
}

/** Five lines of both streams, new ones at each call: a sink that changes what it was given spoils no other check. */
export const sample = (): readonly LogBatch[] => [
  batch(['one', 'two'], 1, { time: new Date(1000) }),
  batch(['bad'], 3, { stream: 'stderr', time: new Date(2000) }),
  batch(['four', ''], 4, { time: new Date(3000) }),
];

/** Lines 3 to 5 are missing: the one that says so has the number of the last of them. */
export const withNotice = (): readonly LogBatch[] => [
  batch(['one', 'two'], 1),
  batch(['[project-runner] 3 lines lost'], 5, { stream: 'stderr', notice: true }),
  batch(['six', 'seven'], 6),
];
