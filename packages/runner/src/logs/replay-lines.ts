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

/** Hands out again what not all sinks have, cut the same way: same numbers, same times. */
export function replayLines({ state, dispatcher, readOutput, mask }: ReplayLinesOptions): void {
  const { committed } = state;
  let done = committed;
  const missing = 'the runner was killed, and what was written down of them is gone';
  for (const record of state.records) {
    const last = lastOf(record);
    if (record.count === 0 || last <= committed) continue;
    // Its place in the journal was used again.
    if (record.sequence > done + 1) dispatcher.lose(record.sequence - 1 - done, record.sequence - 1, missing);
    done = last;
    const bytes = linesOf(record, readOutput, mask);
    if (bytes) dispatcher.redeliver(record, bytes);
    else dispatcher.lose(record.count, last, missing);
  }
}

function linesOf(record: JournalRecord, read: ReadOutput, mask: SecretMask | undefined): Uint8Array | null {
  const { run, stream, start, end, kind } = record;
  if (kind === 'dropped') return droppedNotice(stream, end - start);
  // A cut may go through a secret: it is found only together with what is around it.
  const around = mask?.maxLength ?? 0;
  const from = Math.max(0, start - around);
  const bytes = Buffer.from(read(run, stream, from, end + around));
  if (bytes.length < end - from) return null;
  mask?.apply(bytes);
  return normalizeLines(bytes.subarray(start - from, end - from), kind === 'part');
}
