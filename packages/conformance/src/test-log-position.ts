import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

import type { LogSinkPlugin, LogWriter } from '@project-runner/core';

import { fill, opened } from './fill-log.ts';
import { batch, newSession, sample, withNotice } from './sample-batch.ts';
import type { It } from './suite.ts';

type Positioned = LogWriter & Required<Pick<LogWriter, 'position'>>;

/** A sink may keep what it was given a little later than `write` settles. */
const patienceMs = 1000;

/** `position` is optional; where it is there the runner trusts it with what it writes again after its death. */
export function testLogPosition(it: It, create: () => LogSinkPlugin): void {
  const check = (
    name: string,
    use: (open: () => Promise<Positioned>, refill: () => Promise<void>) => Promise<void>,
  ): unknown =>
    it(`position: ${name}`, async () => {
      const sink = create();
      const session = newSession();
      const writers: LogWriter[] = [];
      const open = async (): Promise<Positioned> => {
        const writer = await opened(sink, session);
        writers.push(writer);
        return writer as Positioned;
      };
      try {
        const other = await opened(create(), newSession());
        writers.push(other);
        if (other.position) await use(open, () => fill(sink, session, sample()));
      } finally {
        await Promise.allSettled(writers.map(async (writer) => writer.close()));
      }
    });

  check('0 for a log that is new', async (open) => {
    const found = (await open()).position();
    assert.equal(found, 0, `position must answer 0 for a log that is new, found ${inspect(found)}`);
  });

  check('the number of the last line that was written', async (open) => {
    const writer = await open();
    for (const item of sample()) await writer.write(item);
    const found = await settled(writer, 5);
    assert.equal(
      found,
      5,
      `position must answer the number of the last line, 5, soon after it was written; found ${inspect(found)}`,
    );
  });

  check('the same when the log is opened again, and on from there', async (open, refill) => {
    await refill();
    const writer = await open();
    const found = writer.position();
    assert.equal(
      found,
      5,
      `position must answer the number of the last line, 5, when its log is opened again; found ${inspect(found)}`,
    );
    await writer.write(batch(['six'], 6));
    const after = await settled(writer, 6);
    assert.equal(
      after,
      6,
      `position must go on in a log that was opened again, to 6 with its next line; found ${inspect(after)}`,
    );
  });

  check('goes on behind lines that are missing', async (open) => {
    const writer = await open();
    for (const item of withNotice()) await writer.write(item);
    const found = await settled(writer, 7);
    assert.equal(
      found,
      7,
      `position must answer the number of the last line, 7, not how many there are: those before a notice are missing; found ${inspect(found)}`,
    );
  });

  check('never goes back, nor beyond what was written', async (open) => {
    const writer = await open();
    let before = writer.position();
    for (const item of sample()) {
      const last = item.sequence + item.count - 1;
      // Begun, not settled: a line may be kept by now, and none after it.
      const writing = writer.write(item);
      for (const found of [writer.position(), await Promise.resolve(writing).then(() => writer.position())]) {
        assert.ok(
          found >= before && found <= last,
          `position must never go back, nor name what was not written: ${before} to ${last} while the lines up to ${last} are written, found ${inspect(found)}`,
        );
        before = found;
      }
    }
  });
}

/** What `position` answers when it has reached a number, or has had the time to. */
async function settled(writer: Positioned, wanted: number): Promise<number> {
  const end = performance.now() + patienceMs;
  while (writer.position() !== wanted && performance.now() < end) await delay(5);
  return writer.position();
}
