import assert from 'node:assert/strict';

import type { LogSinkPlugin, LogWriter } from '@project-runner/core';

import { newSession, sample } from './sample-batch.ts';
import type { It } from './suite.ts';
import { within } from './within.ts';

/** Below the 5 s after which most test runners end a test without saying what hung. */
const patienceMs = 4000;

export interface UnwritableSink {
  /** It can be opened. */
  sink: LogSinkPlugin;
  /** Takes away what the sink, which is open by now, writes to: its folder, who takes what it sends. */
  break(): void | Promise<void>;
}

/** What a sink loses without a word, nobody can count. */
export function testUnwritable(it: It, unwritable: (() => LogSinkPlugin | UnwritableSink) | null): void {
  it('unwritable: is given, or null of a sink that cannot know', () => {
    assert.ok(
      unwritable === null || typeof unwritable === 'function',
      `the suite was told unwritable: ${typeof unwritable}; give it a function that answers a sink which opens and cannot write (a port where nobody listens), or { sink, break } with what makes it so once it is open (a folder that is removed), or null where a sink cannot know, as with datagrams`,
    );
  });

  if (!unwritable) return;

  it('write: rejects where it cannot write', async () => {
    const found = await within(
      patienceMs,
      takenBy(unwritable()),
      'open, write and close must settle where a sink cannot write; give unwritable short deadlines',
    );
    assert.equal(
      found,
      null,
      `write must reject what it cannot write, so that the loss is counted and told in the log; found that a sink of unwritable ${found}`,
    );
  });
}

/** What a sink says it took; `null` for nothing. */
async function takenBy(given: LogSinkPlugin | UnwritableSink): Promise<string | null> {
  const { sink, break: takeAway } = 'sink' in given ? given : { sink: given };
  const writer = await openedOf(sink);
  await takeAway?.();
  const taken: number[] = [];
  for (const batch of sample()) {
    const written = await attempt(async () => writer.write(batch));
    if (written !== failed) taken.push(batch.sequence);
  }
  const closed = await attempt(async () => writer.close());
  if (taken.length === 0) return null;
  if (writer.position) return keptBy(writer as Positioned, closed === failed);
  return `took the batch of line ${taken.join(' and of line ')}`;
}

/** What rejects before anything is written shows nothing of `write`. */
async function openedOf(sink: LogSinkPlugin): Promise<LogWriter> {
  try {
    return await sink.open(newSession());
  } catch (error) {
    throw new assert.AssertionError({
      message: `a sink of unwritable must open, so that write is seen to reject; found that open rejects with ${String(error)}: give { sink, break }, where break takes away what the sink writes to once it is open (its folder, who takes what it sends)`,
    });
  }
}

const failed = Symbol('failed');

type Positioned = LogWriter & Required<Pick<LogWriter, 'position'>>;

/** A writer that tells what it keeps may write later, and fail with its close. */
function keptBy(writer: Positioned, closeFailed: boolean): string | null {
  const position = writer.position();
  if (position > 0) return `has position ${position}`;
  return closeFailed ? null : 'took lines, keeps none by its position, and closed without an error';
}

async function attempt<T>(call: () => Promise<T>): Promise<T | typeof failed> {
  try {
    return await call();
  } catch {
    // Which failure it is, is the sink's own.
    return failed;
  }
}
