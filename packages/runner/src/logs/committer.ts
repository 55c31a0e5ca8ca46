import type { Logger, LogStreamName } from '@project-runner/core';

import { lastOf } from './log-batch.ts';
import type { JournalRecord, LogJournal } from './log-journal.ts';
import { createSafeJournal } from './safe-journal.ts';

/** Output that is given back, and how far it was cut when its run was followed. */
export interface ReleasableOutput {
  readonly from: Readonly<Record<LogStreamName, number>>;
  release(stream: LogStreamName, end: number): void;
}

/** Writes down what was cut and what all sinks keep, and gives output back that all keep. */
export interface Committer {
  /** Before a delivery. */
  cut(record: JournalRecord): void;
  /** After it. */
  delivered(record: JournalRecord): void;
  /** Whose output is given back, while it is the newest run. */
  follow(run: number, source: ReleasableOutput): void;
  /** Commits for the last time. */
  close(): void;
}

export interface CommitterOptions {
  journal?: LogJournal;
  logger: Logger;
  /** Number of the last line that all sinks keep. */
  kept(): number;
  /** Number that the next line will get. */
  next(): number;
}

/** A journal has room for fewer: what a sink that hangs is further behind, the next runner cannot deliver anyway. */
const maxWaiting = 4096;
/** While a sink is behind, how often it is asked how far it is. */
const lookMs = 100;

export function createCommitter({ logger, kept, next, ...options }: CommitterOptions): Committer {
  const waiting: JournalRecord[] = [];
  /** What all sinks keep of the output that is followed, and is not given back yet. */
  const releasable = new Map<LogStreamName, number>();
  let committed = 0;
  let scheduled: NodeJS.Immediate | null = null;
  let timer: NodeJS.Timeout | null = null;
  let current: { run: number; source: ReleasableOutput; ends: Record<LogStreamName, number> } | null = null;

  /** All that a journal must say that begins now: what is not kept yet, and how far output was cut. */
  const journal = createSafeJournal(options.journal, logger, () => {
    const { run, ends } = current ?? { run: 0, ends: { stdout: 0, stderr: 0 } };
    const markers = (['stdout', 'stderr'] as const).map((stream) => {
      const end = ends[stream];
      return { sequence: next(), count: 0, run, stream, start: end, end, time: 0, kind: 'lines' as const };
    });
    return { committed: kept(), records: [...waiting, ...markers] };
  });

  const release = (): void => {
    if (!journal.allowsRelease()) return;
    for (const [stream, end] of releasable) current?.source.release(stream, end);
    releasable.clear();
  };

  const commit = (): void => {
    journal.mend();
    const upTo = kept();
    if (upTo > committed) {
      committed = upTo;
      journal.commit(upTo);
    }
    for (let first = waiting[0]; first && lastOf(first) <= upTo; first = waiting[0]) {
      waiting.shift();
      if (first.run === current?.run) releasable.set(first.stream, first.end);
    }
    release();
  };

  const tick = (): void => {
    scheduled = null;
    commit();
    if (waiting.length > 0) timer ??= setTimeout(later, lookMs).unref();
  };
  const later = (): void => {
    timer = null;
    tick();
  };

  return {
    cut(record) {
      journal.append(record);
      if (current?.run === record.run) current.ends[record.stream] = record.end;
    },
    delivered(record) {
      waiting.push(record);
      if (waiting.length > maxWaiting) waiting.shift();
      // Once for all deliveries of a turn.
      scheduled ??= setImmediate(tick);
    },
    follow(run, source) {
      releasable.clear();
      current = { run, source, ends: { ...source.from } };
    },
    close() {
      if (scheduled) clearImmediate(scheduled);
      if (timer) clearTimeout(timer);
      commit();
      journal.close();
    },
  };
}
