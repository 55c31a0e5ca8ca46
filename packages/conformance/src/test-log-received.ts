import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

import type { LogBatch, LogEntry, LogSession, LogSinkPlugin } from '@project-runner/core';

import { fill, opened } from './fill-log.ts';
import { batch, newSession, sample, withNotice } from './sample-batch.ts';
import type { It } from './suite.ts';
import { within } from './within.ts';

/**
 * A line as it left a sink. What the sink does not send is left out, of every line, and is not checked; what it sends of some
 * lines only is there of all, such as `partial: attributes.partial`, which is `undefined` of a whole line.
 */
export interface ReceivedLine {
  readonly text: string;
  readonly stream?: LogEntry['stream'] | undefined;
  readonly sequence?: number | undefined;
  readonly time?: Date | undefined;
  readonly partial?: boolean | undefined;
}

/** What a sink sent of a session, in the order in which it left. Asked again for a second while lines are missing. */
export type Received = (session: LogSession) => readonly ReceivedLine[] | Promise<readonly ReceivedLine[]>;

export interface TestLogReceivedOptions {
  create(): LogSinkPlugin;
  received: Received;
}

/** What was sent may arrive a little later than `close` settles. */
const patienceMs = 1000;

/** Proves what a sink writes to where it cannot be read back. */
export function testLogReceived(it: It, { create, received }: TestLogReceivedOptions): void {
  const sent = async (
    batches: readonly LogBatch[],
    expected: number,
    afterWrite?: () => void,
  ): Promise<readonly ReceivedLine[]> => {
    const session = newSession();
    await fill(create(), session, batches, afterWrite);
    return arrived(received, session, expected);
  };

  it('received: every line, in order, after close', async () => {
    const texts = ['one', 'two', 'bad', 'four', ''];
    assertSent(textsOf(await sent(sample(), 5)), texts, 'every line, oldest first, blank ones, too');
  });

  it('received: each line has its number', async () => {
    const found = valuesOf(await sent(sample(), 5), 'sequence');
    if (found)
      assertSent(found, [1, 2, 3, 4, 5], 'the number of each line: its batch has that of its first one');
  });

  it('received: each line has the time and the stream of its batch', async () => {
    const lines = await sent(sample(), 5);
    const times = valuesOf(lines, 'time')?.map((time) => Number(time));
    if (times) assertSent(times, [1000, 1000, 2000, 3000, 3000], 'the time of each batch, in ms');
    const streams = valuesOf(lines, 'stream');
    const expected = ['stdout', 'stdout', 'stderr', 'stdout', 'stdout'];
    if (streams) assertSent(streams, expected, 'the stream of each batch');
  });

  it('received: a line that goes on is partial', async () => {
    const lines = await sent([batch(['whole', 'begin'], 1, { partial: true })], 2);
    const found = valuesOf(lines, 'partial')?.map((partial = false) => partial);
    if (found) assertSent(found, [false, true], 'partial: true for a line that goes on, and for no other');
  });

  it('received: nothing of bytes is kept, which the runner uses again', async () => {
    const reused = batch(['mine'], 1);
    const lines = await sent([reused], 1, () => reused.bytes.set(Buffer.from('next')));
    assertSent(textsOf(lines), ['mine'], 'a copy: bytes is only valid until write settles');
  });

  it('received: a notice is in the place of the lines that are missing', async () => {
    const lines = await sent(withNotice(), 5);
    const texts = ['one', 'two', '[project-runner] 3 lines lost', 'six', 'seven'];
    assertSent(textsOf(lines), texts, 'a batch with notice among the others');
    const found = valuesOf(lines, 'sequence');
    if (found) assertSent(found, [1, 2, 5, 6, 7], 'the number of a notice, and of those after it');
  });

  it('received: sessions do not mix', async () => {
    const sink = create();
    const sessions = [newSession(), newSession()];
    const writers = [];
    for (const session of sessions) writers.push(await opened(sink, session));
    for (const [index, writer] of writers.entries()) await writer.write(batch([`of ${index}`], 1));
    for (const writer of writers) await writer.close();
    for (const [index, session] of sessions.entries()) {
      const lines = await arrived(received, session, 1);
      assertSent(textsOf(lines), [`of ${index}`], 'the lines of each session as those of that session');
    }
  });
}

async function arrived(
  received: Received,
  session: LogSession,
  expected: number,
): Promise<readonly ReceivedLine[]> {
  const end = performance.now() + patienceMs;
  const ask = async (): Promise<readonly ReceivedLine[]> => received(session);
  for (;;) {
    const found = await within(
      patienceMs * 2,
      ask(),
      'received must answer what is there by now, and not wait for more',
    );
    assert.ok(Array.isArray(found), `received must answer an array of lines, found ${inspect(found)}`);
    if (found.length >= expected || performance.now() >= end) return found;
    await delay(5);
  }
}

function textsOf(lines: readonly ReceivedLine[]): readonly string[] {
  return lines.map(({ text }) => text);
}

/** `null` for what the sink does not send. */
function valuesOf<K extends keyof ReceivedLine>(
  lines: readonly ReceivedLine[],
  key: K,
): readonly ReceivedLine[K][] | null {
  // No line at all is no proof that a sink leaves anything out.
  const isSent = lines.length === 0 || lines.some((line) => key in line);
  return isSent ? lines.map((line) => line[key]) : null;
}

function assertSent(found: readonly unknown[], expected: readonly unknown[], what: string): void {
  assert.deepEqual(
    found,
    expected,
    `the sink must send ${what}: ${inspect(expected)}, received ${inspect(found)}`,
  );
}
