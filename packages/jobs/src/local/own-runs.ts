import type { ReleaseLease } from '@project-runner/leases';

import type { JobResult } from '../job-result.ts';
import type { Finished } from '../run/finish-attempt.ts';
import { createRunQueue } from '../run/run-queue.ts';
import { superviseRun } from '../run/supervise-run.ts';
import type { Supervision } from '../run/supervise-run.ts';
import { releaseRun, takeRun } from '../store/run-owner.ts';
import type { RunRecord } from '../store/run-record.ts';
import type { RunStore } from '../store/run-store.ts';
import { removeInput, removeRemains } from '../store/remove-remains.ts';
import { sweepRuns } from '../store/sweep-runs.ts';
import { listenToBell } from './bell.ts';
import type { Bell } from './bell.ts';
import type { ResolvedLocalOptions } from './local-options.ts';

/** A run that this process looks after. */
export interface OwnRun {
  readonly supervision: Supervision;
  /** When it is kept, or cannot be. */
  readonly result: Promise<JobResult>;
}

/** The runs that this process looks after. */
export interface OwnRuns {
  readonly size: number;
  get(id: string): OwnRun | undefined;
  /** Looks after a run that this process has just made. */
  begin(record: RunRecord): OwnRun;
  /**
   * Takes over a run that nobody looks after; `null` where somebody does, or it has ended.
   * @throws ProjectRunnerError `STATE_UNWRITABLE`
   */
  take(id: string): OwnRun | null;
  /** Of a run that has ended and could not be kept, for want of space. */
  unkept(record: RunRecord): JobResult | undefined;
  /** Lets go of all. */
  close(): Promise<void>;
}

export interface OwnRunsOptions {
  store: RunStore;
  options: ResolvedLocalOptions;
  /** There is one more, of somebody who is gone. */
  onTake(): void;
  /** There are none any more. */
  onIdle(): void;
}

/** So often it is looked whether there are too many, counted in runs that ended. */
const sweepEvery = 100;
const sweepDelayMs = 1000;
/** Of a close. */
const longestSweepMs = 1000;
const maxUnkept = 1000;

export function createOwnRuns({ store, options, onTake, onIdle }: OwnRunsOptions): OwnRuns {
  const queue = createRunQueue(options.concurrency);
  const runs = new Map<string, OwnRun & { release: ReleaseLease }>();
  /** By marker: the next run of a key has the same id. */
  const unkept = new Map<string, JobResult>();
  let bell: Bell | null = null;
  let ended = 0;
  let sweeping: NodeJS.Timeout | null = null;
  /** The last one that was begun. */
  let swept: Promise<void> = Promise.resolve();
  const closing = new AbortController();
  const tidying = new Set<Promise<void>>();

  const look = (): void => {
    for (const { supervision } of runs.values()) supervision.look();
  };
  const sweep = (signal: AbortSignal): Promise<void> =>
    sweepRuns(store, options.retention, { signal, onError: warn }).catch(warn);
  const sweepSoon = (): void => {
    sweeping ??= setTimeout(() => {
      sweeping = null;
      swept = sweep(closing.signal);
    }, sweepDelayMs).unref();
  };
  /** A process that runs one job and leaves has to do it, too. */
  const sweepBeforeEnd = async (): Promise<void> => {
    closing.abort();
    await swept;
    if (!sweeping) return;
    clearTimeout(sweeping);
    sweeping = null;
    await sweep(AbortSignal.timeout(longestSweepMs));
  };

  const keep = async (record: RunRecord, { result, printedBytes }: Finished): Promise<void> => {
    const { id, marker } = record;
    await removeInput(store.files(id), record).catch(warn);
    try {
      await store.finish({ ...record, result });
      // Waited for by a close only: the result is kept.
      const tidied = removeRemains(store.files(id), record, printedBytes)
        .catch(warn)
        .finally(() => tidying.delete(tidied));
      tidying.add(tidied);
    } catch (error) {
      if (!isOfFileSystem(error)) warn(error);
      // A full disk. What it was made of is still there, so whoever asks later makes the same of it.
      quietly(() => releaseRun(store.files(id)));
      unkept.set(marker, result);
      for (const oldest of unkept.keys()) if (unkept.size > maxUnkept) unkept.delete(oldest);
    }
    ended += 1;
    if (ended % sweepEvery === 1) sweepSoon();
  };

  const own = (record: RunRecord, isNew: boolean, release: ReleaseLease): OwnRun => {
    bell ??= listenToBell(store.bell, look);
    const { launcher, graceMs } = options;
    const supervision = superviseRun(record, { store, launcher, queue, graceMs }, isNew);
    const over = (): void => {
      runs.delete(record.id);
      quietly(() => release({ forget: true }));
      if (runs.size === 0) onIdle();
    };
    const result = supervision.outcome.then(
      async (finished) => {
        await keep(record, finished);
        over();
        return finished.result;
      },
      (error: unknown) => {
        // It may be tried again, by whoever asks next.
        quietly(() => releaseRun(store.files(record.id)));
        over();
        throw error;
      },
    );
    // Of interest to whoever asks.
    result.catch(() => undefined);
    const run = { supervision, result, release };
    runs.set(record.id, run);
    return run;
  };

  return {
    get size() {
      return runs.size;
    },
    get: (id) => runs.get(id),
    unkept: ({ marker }) => unkept.get(marker),
    // Nobody takes over what has a living creator, so there is nothing to give back.
    begin: (record) => own(record, true, () => undefined),
    take(id) {
      const record = store.read(id);
      if (!record || record.result) return null;
      const release = takeRun(record, store.files(id));
      if (!release) return null;
      // It may have ended in between.
      if (store.read(id)?.result === null) {
        onTake();
        return own(record, false, release);
      }
      release({ forget: true });
      return null;
    },
    async close() {
      bell?.close();
      await Promise.all(
        [...runs].map(async ([id, { supervision, result, release }]) => {
          if (await supervision.letGo()) {
            await result;
            return;
          }
          runs.delete(id);
          quietly(() => {
            release();
            releaseRun(store.files(id));
          });
        }),
      );
      await Promise.all(tidying);
      await sweepBeforeEnd();
    },
  };
}

function isOfFileSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

/** What is tidied up is not worth a failure: the next sweep tries again. */
function quietly(action: () => void): void {
  try {
    action();
  } catch (error) {
    warn(error);
  }
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}
