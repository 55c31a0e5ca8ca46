import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import type { LogBatch, LogSession, LogSinkPlugin, LogStreamName } from '@project-runner/core';

import type { It } from './suite.ts';
import { testFactory } from './test-factory.ts';

export interface TestLogSinkOptions {
  create(): LogSinkPlugin;
  /** The sink declares `read`. */
  read: boolean;
}

/** Proves a log-sink plugin. */
export function testLogSink(it: It, { create, read }: TestLogSinkOptions): void {
  testFactory(it, 'log-sink', create);

  it('open: takes batches and closes', async () => {
    const writer = await create().open(session());
    await writer.write(batch(['one', 'two'], 1));
    await writer.write(batch(['three'], 3, 'stderr'));
    await writer.close();
  });

  it('open: takes any bytes, blank lines and unicode', async () => {
    const writer = await create().open(session());
    await writer.write(batch(['', 'héllo ✓', '\u0000\u001b[31m'], 1));
    await writer.close();
  });

  it('read: is there exactly when it is declared', () => {
    assert.equal(typeof create().read === 'function', read, `read: ${read} was declared`);
  });

  if (!read) return;

  const filled = async (): Promise<
    (query: Parameters<NonNullable<LogSinkPlugin['read']>>[1]) => Promise<string[]>
  > => {
    const sink = create();
    const who = session();
    const writer = await sink.open(who);
    await writer.write(batch(['one', 'two'], 1, 'stdout', new Date(1000)));
    await writer.write(batch(['bad'], 3, 'stderr', new Date(2000)));
    await writer.write(batch(['four', ''], 4, 'stdout', new Date(3000)));
    await writer.close();
    return async (query) =>
      ((await sink.read?.(who, query)) ?? []).map((entry) => `${entry.sequence}:${entry.text}`);
  };

  it('read: gives every line back, in order, with its number, after close', async () => {
    assert.deepEqual(await (await filled())({}), ['1:one', '2:two', '3:bad', '4:four', '5:']);
  });

  it('read: tail, since, until, stream and before choose', async () => {
    const look = await filled();
    assert.deepEqual(await look({ tail: 2 }), ['4:four', '5:'], 'tail');
    assert.deepEqual(await look({ since: new Date(2000) }), ['3:bad', '4:four', '5:'], 'since');
    assert.deepEqual(await look({ until: new Date(2000) }), ['1:one', '2:two', '3:bad'], 'until');
    assert.deepEqual(await look({ stream: 'stderr' }), ['3:bad'], 'stream');
    assert.deepEqual(await look({ before: 3, tail: 1 }), ['2:two'], 'before and tail');
    assert.deepEqual(await look({ before: 99 }), [], 'a cursor that is not kept gives nothing');
  });

  it('read: works while the log is written', async () => {
    const sink = create();
    const who = session();
    const writer = await sink.open(who);
    await writer.write(batch(['one'], 1));
    assert.equal((await sink.read?.(who, {}))?.length, 1);
    await writer.close();
  });

  it('read: a session that it never saw is empty', async () => {
    assert.deepEqual(await create().read?.(session(), {}), []);
  });

  it('read: sessions do not mix', async () => {
    const sink = create();
    const [first, second] = [session(), session()];
    for (const who of [first, second]) {
      const writer = await sink.open(who);
      await writer.write(batch([who.serverId], 1));
      await writer.close();
    }
    assert.deepEqual(
      (await sink.read?.(first, {}))?.map((entry) => entry.text),
      [first.serverId],
    );
  });
}

function session(): LogSession {
  return {
    serverId: randomUUID(),
    deploymentId: randomUUID(),
    projectId: randomUUID(),
    buildId: randomUUID(),
  };
}

function batch(
  lines: readonly string[],
  sequence: number,
  stream: LogStreamName = 'stdout',
  time = new Date(),
): LogBatch {
  return {
    stream,
    time,
    sequence,
    count: lines.length,
    bytes: Buffer.from(lines.map((line) => `${line}\n`).join('')),
    lines: () => lines.map((text) => ({ text })),
  };
}
