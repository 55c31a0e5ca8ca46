import assert from 'node:assert/strict';
import { inspect } from 'node:util';

import type { LogBatch, LogSession, LogSinkPlugin, LogWriter } from '@project-runner/core';

/** Writes batches as the runner does: one at a time, and closes. */
export async function fill(
  sink: LogSinkPlugin,
  session: LogSession,
  batches: readonly LogBatch[],
  afterWrite?: () => void,
): Promise<void> {
  const writer = await opened(sink, session);
  for (const item of batches) {
    await attempt(
      () => writer.write(item),
      `write must take ${item.count} lines from number ${item.sequence}`,
    );
    afterWrite?.();
  }
  await attempt(() => writer.close(), 'close must settle after the last write');
}

export async function opened(sink: LogSinkPlugin, session: LogSession): Promise<LogWriter> {
  const writer = await sink.open(session);
  const isWriter = typeof writer?.write === 'function' && typeof writer.close === 'function';
  assert.ok(isWriter, `open must answer { write, close }, found ${inspect(writer)}`);
  return writer;
}

async function attempt(call: () => void | Promise<void>, expected: string): Promise<void> {
  await assert.doesNotReject(async () => call(), expected);
}
