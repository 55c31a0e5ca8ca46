import type { LogStreamName } from '@project-runner/core';

import { normalizeLines } from './line-splitter.ts';
import { lastOf } from './log-batch.ts';
import type { JournalRecord, JournalState } from './log-journal.ts';
import type { LineDispatcher } from './log-pipeline.ts';
import { droppedNotice } from './loss-notice.ts';
import type { SecretMask } from './secret-mask.ts';

/** Output of a run again; fewer bytes where it is gone. */
export type ReadOutput = (run: number, stream: LogStreamName, start: number, end: number) => Uint8Array;

export interface ReplayLinesOptions {
  state: JournalState;
  dispatcher: LineDispatcher;
  readOutput: ReadOutput;
  mask: SecretMask | undefined;
}

const missing = 'the runner was killed, and what was written down of them is gone';
const damaged = 'the runner was killed, and the output they were cut from is gone or damaged';
const newline = 0x0a;

/** Hands out again what not all sinks have, cut the same way: same numbers, same times. */
export function replayLines({ state, dispatcher, readOutput, mask }: ReplayLinesOptions): void {
  const { committed } = state;
  let done = committed;
  for (const record of state.records) {
    const last = lastOf(record);
    if (record.count === 0 || last <= committed) continue;
    // Its place in the journal was used again.
    if (record.sequence > done + 1) dispatcher.lose(record.sequence - 1 - done, record.sequence - 1, missing);
    done = last;
    const bytes = linesOf(record, readOutput, mask);
    if (bytes) dispatcher.redeliver(record, bytes);
    else dispatcher.lose(record.count, last, damaged);
  }
}

function linesOf(record: JournalRecord, read: ReadOutput, mask: SecretMask | undefined): Uint8Array | null {
  const { run, stream, start, end, kind } = record;
  if (kind === 'dropped') return droppedNotice(stream, end - start);
  // A cut may go through a secret: it is found only together with what is around it.
  const around = mask?.maxLength ?? 0;
  const from = Math.max(0, start - around);
  const bytes = readSafely(() => read(run, stream, from, end + around));
  const own = bytes?.subarray(start - from, end - from);
  if (!bytes || !own || !isWhole(own, record)) return null;
  mask?.apply(bytes);
  return normalizeLines(own, kind === 'part');
}

/** What cannot be read is gone. */
function readSafely(read: () => Uint8Array): Buffer | null {
  try {
    return Buffer.from(read());
  } catch {
    return null;
  }
}

/** Space that was given back reads as zeros, and other lines under the same numbers are worse than none. */
function isWhole(bytes: Buffer, { count, kind, start, end }: JournalRecord): boolean {
  if (bytes.length === 0 || bytes.length < end - start) return false;
  let endings = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) endings += 1;
  if (endings > 0) return kind === 'lines' && endings === count && bytes.at(-1) === newline;
  // A part, or a last line without an ending.
  return count === 1 && bytes.some((byte) => byte !== 0);
}
