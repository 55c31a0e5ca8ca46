import type { Logger, LogStreamName } from '@project-runner/core';

import { lastOf } from './log-batch.ts';
import type { JournalRecord, LogJournal } from './log-journal.ts';

/** Writes down what was cut and what all sinks keep, and gives output back that all keep. */
export interface Committer {
  /** Before a delivery. */
  cut(record: JournalRecord): void;
  /** After it. */
  delivered(record: JournalRecord): void;
  /** Whose output is given back, while it is the newest run. */
  follow(run: number, source: { release(stream: LogStreamName, end: number): void }): void;
  /** Commits for the last time. */
  close(): void;
}

export interface CommitterOptions {
  journal?: LogJournal;
  logger: Logger;
  /** Number of the last line that all sinks keep. */
  kept(): number;
}

/** While a sink is behind, how often it is asked how far it is. */
const lookMs = 100;

export function createCommitter({ journal, logger, kept }: CommitterOptions): Committer {
  const waiting: JournalRecord[] = [];
  let committed = 0;
  let scheduled: NodeJS.Immediate | null = null;
  let timer: NodeJS.Timeout | null = null;
  let broken = false;
  let current: { run: number; source: { release(stream: LogStreamName, end: number): void } } | null = null;

  const write = (action: (to: LogJournal) => void): void => {
    if (!journal || broken) return;
    try {
      action(journal);
    } catch (error) {
      // Lines go on; only their way over the runner's death is not sure any more.
      broken = true;
      logger.warn(
        'The log journal cannot be written; after a crash of the runner lines may be doubled or missing',
        error,
      );
    }
  };

  const commit = (): void => {
    const upTo = kept();
    if (upTo > committed) {
      committed = upTo;
      write((to) => to.commit(upTo));
    }
    const ends = new Map<LogStreamName, number>();
    for (let first = waiting[0]; first && lastOf(first) <= upTo; first = waiting[0]) {
      waiting.shift();
      if (first.run === current?.run) ends.set(first.stream, first.end);
    }
    for (const [stream, end] of ends) current?.source.release(stream, end);
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
    cut: (record) => write((to) => to.append(record)),
    delivered(record) {
      waiting.push(record);
      // Once for all deliveries of a turn.
      scheduled ??= setImmediate(tick);
    },
    follow(run, source) {
      current = { run, source };
    },
    close() {
      if (scheduled) clearImmediate(scheduled);
      if (timer) clearTimeout(timer);
      commit();
      journal?.close();
    },
  };
}
