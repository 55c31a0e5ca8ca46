import assert from 'node:assert/strict';
import { inspect } from 'node:util';

import type { LogBatch, LogEntry, LogQuery, LogSinkPlugin } from '@project-runner/core';

import { fill, opened } from './fill-log.ts';
import { batch, newSession, sample, withNotice } from './sample-batch.ts';
import type { It } from './suite.ts';
import { testFactory } from './test-factory.ts';
import { testLogPosition } from './test-log-position.ts';
import { testLogReceived } from './test-log-received.ts';
import type { Received } from './test-log-received.ts';
import { testUnwritable } from './test-unwritable.ts';
import type { UnwritableSink } from './test-unwritable.ts';
import { watchBatches } from './watch-batches.ts';

export interface TestLogSinkOptions {
  create(): LogSinkPlugin;
  /** The sink declares `read`. */
  read: boolean;
  /**
   * A sink that opens and cannot write: nobody takes what it sends. Where such a sink does not open at all, one that can be
   * opened, with what makes it unable to write after that. `null` only of a sink that cannot know, such as one that sends
   * datagrams.
   */
  unwritable: (() => LogSinkPlugin | UnwritableSink) | null;
  /**
   * What a sink of `create` sent of a session, as its receiver got it: for one without `read`, of which nothing else tells
   * what it wrote.
   */
  received?: Received;
}

const unseen = new Date(0);

const queries: readonly [name: string, query: LogQuery, expected: readonly string[]][] = [
  ['tail keeps the last lines', { tail: 2 }, ['4:four', '5:']],
  ['since keeps what is not before', { since: new Date(2000) }, ['3:bad', '4:four', '5:']],
  ['until keeps what is not after', { until: new Date(2000) }, ['1:one', '2:two', '3:bad']],
  ['stream keeps one stream', { stream: 'stderr' }, ['3:bad']],
  ['before is a cursor, and tail counts from it', { before: 3, tail: 1 }, ['2:two']],
  ['a cursor that is not kept gives nothing', { before: 99 }, []],
];

/** Proves a log-sink plugin. */
export function testLogSink(it: It, { create, read, unwritable, received }: TestLogSinkOptions): void {
  testFactory(it, {
    kind: 'log-sink',
    create,
    async use(sink) {
      const session = newSession();
      await fill(sink, session, sample());
      await sink.read?.(session, { tail: 1, since: unseen });
    },
  });

  it('open: takes batches and closes', () => fill(create(), newSession(), sample()));

  it('open: takes no batch at all and closes', () => fill(create(), newSession(), []));

  it('write: takes any bytes, blank lines and unicode', () =>
    fill(create(), newSession(), [
      batch(['', 'héllo ✓', '\u0000\u001b[31m', Uint8Array.of(0xff, 0xc3)], 1),
      batch(['x'.repeat(100_000)], 5, { partial: true }),
    ]));

  it('write: changes nothing of its batch, which every other sink gets, too', async () => {
    const batches = sample();
    const changes = watchBatches(batches);
    // What fails here is told by the check that is about it.
    await fill(create(), newSession(), batches).catch(() => undefined);
    const found = changes().join('; ');
    assert.equal(
      found,
      '',
      `write must change nothing of its batch, nor of its bytes (copy what is to be changed): ${found}`,
    );
  });

  it('write: takes a notice of lines that are missing, whose numbers nobody gets', () =>
    fill(create(), newSession(), withNotice()));

  testUnwritable(it, unwritable);
  testLogPosition(it, create);
  if (received) testLogReceived(it, { create, received });

  it('read: is there exactly when it is declared', () => {
    const found = typeof create().read;
    assert.equal(
      found === 'function',
      read,
      `the suite was told read: ${read}, found ${found} in the plugin; mend the one that is wrong`,
    );
  });

  if (!read) return;

  it('read: gives every line back, in order, with its number, after close', async () => {
    const found = await numbered(await filled(create(), sample()), {});
    assertLines(
      found,
      ['1:one', '2:two', '3:bad', '4:four', '5:'],
      'every line, oldest first, by its number',
    );
  });

  it('read: an entry has its time and its stream', async () => {
    const entries = await (await filled(create(), sample()))({});
    assert.deepEqual(
      entries.map(({ time, stream }) => `${time.getTime()} ${stream}`),
      ['1000 stdout', '1000 stdout', '2000 stderr', '3000 stdout', '3000 stdout'],
      `read must answer the time and the stream of the batch with each line, found ${inspect(entries)}`,
    );
  });

  it('read: a line that goes on is partial', async () => {
    const entries = await (await filled(create(), [batch(['whole', 'begin'], 1, { partial: true })]))({});
    assert.deepEqual(
      entries.map(({ partial = false }) => partial),
      [false, true],
      `read must answer partial: true for a line that goes on, and for no other; found ${inspect(entries)}`,
    );
  });

  for (const [name, query, expected] of queries) {
    it(`read: ${name}`, async () => {
      assertLines(
        await numbered(await filled(create(), sample()), query),
        expected,
        `for the query ${inspect(query)}`,
      );
    });
  }

  it('read: keeps nothing of bytes, which the runner uses again', async () => {
    const reused = batch(['mine'], 1);
    const find = await filled(create(), [reused], () => reused.bytes.fill(0));
    assertLines(await numbered(find, {}), ['1:mine'], 'a copy: bytes is only valid until write settles');
  });

  it('read: a notice is in the place of the lines that are missing', async () => {
    const found = await numbered(await filled(create(), withNotice()), {});
    assertLines(
      found,
      ['1:one', '2:two', '5:[project-runner] 3 lines lost', '6:six', '7:seven'],
      'a batch with notice among the others, by its number',
    );
  });

  it('read: works while the log is written', async () => {
    const sink = create();
    const session = newSession();
    const writer = await opened(sink, session);
    await writer.write(batch(['one'], 1));
    const found = await numbered(async (query) => (await sink.read?.(session, query)) ?? [], {});
    await writer.close();
    assertLines(found, ['1:one'], 'what write has settled for, before close, too');
  });

  it('read: a session that it never saw is empty', async () => {
    const read = async (): Promise<unknown> => create().read?.(newSession(), {});
    const found = await read().catch((error: unknown) => error);
    assert.deepEqual(found, [], `read must answer [] for a session it never saw, found ${inspect(found)}`);
  });

  it('read: sessions do not mix', async () => {
    const sink = create();
    const [first, second] = [newSession(), newSession()];
    const writers = [await opened(sink, first), await opened(sink, second)];
    await writers[0]?.write(batch(['of the first'], 1));
    await writers[1]?.write(batch(['of the second'], 1));
    for (const writer of writers) await writer.close();
    const entries = (await sink.read?.(first, {})) ?? [];
    assertLines(
      entries.map((entry) => entry.text),
      ['of the first'],
      'the lines of the session it was asked for',
    );
  });
}

type Find = (query: LogQuery) => Promise<readonly LogEntry[]>;

async function filled(
  sink: LogSinkPlugin,
  batches: readonly LogBatch[],
  afterWrite?: () => void,
): Promise<Find> {
  const session = newSession();
  await fill(sink, session, batches, afterWrite);
  return async (query) => (await sink.read?.(session, query)) ?? [];
}

async function numbered(find: Find, query: LogQuery): Promise<string[]> {
  return (await find(query)).map((entry) => `${entry.sequence}:${entry.text}`);
}

function assertLines(found: readonly string[], expected: readonly string[], what: string): void {
  assert.deepEqual(
    found,
    expected,
    `read must answer ${what}: ${inspect(expected)}, found ${inspect(found)}`,
  );
}
