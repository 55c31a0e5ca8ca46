import { inspect, isDeepStrictEqual } from 'node:util';

import type { LogBatch } from '@project-runner/core';

/** Answers a function that tells what has become of the batches since, a line for each field. */
export function watchBatches(batches: readonly LogBatch[]): () => string[] {
  const before = batches.map(picture);
  return () =>
    batches.flatMap((batch, index) => {
      const [then, now] = [before[index] ?? {}, picture(batch)];
      return [...new Set([...Object.keys(then), ...Object.keys(now)])]
        .filter((name) => !isDeepStrictEqual(then[name], now[name]))
        .map((name) => `${name} was ${inspect(then[name])}, found ${inspect(now[name])}`);
    });
}

/** With copies of what can be changed in place. */
function picture(batch: LogBatch): Record<string, unknown> {
  return { ...batch, bytes: Buffer.from(batch.bytes).toString('latin1'), time: new Date(batch.time) };
}
