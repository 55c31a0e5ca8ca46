import type { Logger } from '@project-runner/core';

import type { JournalRecord, JournalState, LogJournal } from './log-journal.ts';

/** A journal whose failure stops no line. */
export interface SafeJournal {
  append(record: JournalRecord): void;
  commit(sequence: number): void;
  /** Whether output may be given back: not while an heir would go by a journal that is behind. */
  allowsRelease(): boolean;
  /** Tries again what failed, now and then. */
  mend(): void;
  close(): void;
}

const retryMs = 1000;

/**
 * A journal that cannot be written is removed, and begun anew as soon as that can be done. An heir that finds none goes on
 * after the last line of the sinks, so lines may be doubled then; one that found an old one would look for output that was
 * given back, and give new lines the numbers of old ones. While it can neither be written nor removed, nothing is given back.
 *
 * @param stateNow what a journal that begins now must say
 */
export function createSafeJournal(
  journal: LogJournal | undefined,
  logger: Logger,
  stateNow: () => JournalState,
): SafeJournal {
  let state: 'works' | 'failed' | 'removed' = 'works';
  let triedAt = 0;

  const discard = (): void => {
    triedAt = performance.now();
    try {
      journal?.discard();
      state = 'removed';
    } catch {
      // The disk may not even be writable for that.
      state = 'failed';
    }
  };

  const write = (action: (to: LogJournal) => void): void => {
    if (!journal || state !== 'works') return;
    try {
      action(journal);
    } catch (error) {
      discard();
      logger.warn(
        'The log journal cannot be written; if the runner crashes now, lines may be doubled',
        error,
      );
    }
  };

  return {
    append: (record) => write((to) => to.append(record)),
    commit: (sequence) => write((to) => to.commit(sequence)),
    allowsRelease: () => state !== 'failed',
    mend() {
      if (state === 'works' || performance.now() - triedAt < retryMs) return;
      if (state === 'failed') discard();
      if (state === 'failed') return;
      triedAt = performance.now();
      try {
        journal?.renew(stateNow());
        state = 'works';
        logger.info('The log journal is written again');
      } catch {
        // It was told when it failed.
      }
    },
    close: () => journal?.close(),
  };
}
