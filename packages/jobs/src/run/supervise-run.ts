import { existsSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { ProjectRunnerError } from '@project-runner/core';
import type { LauncherPlugin } from '@project-runner/core';
import { thisProcess } from '@project-runner/leases';

import { settleAttempts, startedAt } from '../store/attempts.ts';
import type { Attempts } from '../store/attempts.ts';
import type { RunRecord } from '../store/run-record.ts';
import type { StopReason } from '../store/run-files.ts';
import type { RunStore } from '../store/run-store.ts';
import { endAttempt } from './end-attempt.ts';
import { finishAttempt } from './finish-attempt.ts';
import type { EndedAttempt, Finished } from './finish-attempt.ts';
import type { ListOptions } from './list-artifacts.ts';
import type { RunQueue } from './run-queue.ts';
import { resumeAttempt, startAttempt } from './start-attempt.ts';
import type { Attempt } from './start-attempt.ts';

export interface SupervisionTools {
  store: RunStore;
  launcher: LauncherPlugin;
  queue: RunQueue;
  /** From SIGTERM to SIGKILL, in ms, where the run does not say. */
  graceMs: number;
}

/** Looks after one run, from wherever it is to its end. */
export interface Supervision {
  /** Never settles once it was let go of. */
  readonly outcome: Promise<Finished>;
  /** Stops it in whatever state it is. What has ended by itself stays so. */
  stop(reason: StopReason): void;
  /** Looks whether somebody else wants it stopped. */
  look(): void;
  /**
   * Leaves it to others as it is. Resolves when nothing of it is touched any more: `true` where it is over all the same,
   * and there is an outcome.
   */
  letGo(): Promise<boolean>;
}

/** Before an attempt is repeated: in ms, twice as long each time. */
const backOffMs = { first: 100, longest: 10_000 };

const longestTimerMs = 2 ** 31 - 1;
/** Whoever stops a run waits for its result. */
const maxHashedOfStopped = 64 * 1024 ** 2;

/** `isNew`: nobody else ever looked after it. */
export function superviseRun(record: RunRecord, tools: SupervisionTools, isNew: boolean): Supervision {
  const { store, launcher, queue } = tools;
  const { graceMs = tools.graceMs } = record;
  const { id, spec } = record;
  const files = store.files(id);
  const leaving = new AbortController();
  const stopping = new AbortController();
  const interrupted = AbortSignal.any([leaving.signal, stopping.signal]);
  let asked: { reason: StopReason; at: number } | null = null;

  const stop = (reason: StopReason): void => {
    if (asked) return;
    asked = { reason, at: Date.now() };
    try {
      // Told before it is done, so that whoever comes after a crash of this process knows.
      writeFileSync(files.stop(reason), '', { flag: 'wx', mode: 0o600 });
    } catch {
      // Somebody else has told already, or the disk is full.
    }
    stopping.abort();
    try {
      writeFileSync(files.stopping, '', { mode: 0o600 });
    } catch {
      // Whoever wants it stopped may stop it, too.
    }
  };
  /** Of an earlier owner any reason counts: what it had begun to stop may look harmless by now. */
  const mayBeTold: readonly StopReason[] = isNew ? ['cancelled'] : stopReasons;
  const look = (): void => {
    const told = asked ? undefined : mayBeTold.find((reason) => existsSync(files.stop(reason)));
    if (told) stop(told);
  };
  /** A stop that was asked for when the attempt had ended by itself does not count. */
  const stopReason = (endedAt: number | null): StopReason | null => {
    look();
    if (isNew && !asked) return null;
    const told = stopReasons.find((reason) => {
      const at = statSync(files.stop(reason), { throwIfNoEntry: false })?.mtimeMs;
      return at !== undefined && (endedAt === null || at <= endedAt);
    });
    return told ?? (asked && (endedAt === null || asked.at <= endedAt) ? asked.reason : null);
  };

  const oneAttempt = async (attempts: Attempts): Promise<EndedAttempt | ProjectRunnerError | null> => {
    const isThere = attempts.last > 0 && attempts.last === attempts.next - 1;
    const leave = isThere ? queue.join() : await queue.enter(interrupted);
    try {
      const attempt = isThere
        ? await resumeAttempt(record, files, attempts.last, launcher)
        : await startNext(attempts.next);
      if (!attempt) return null;
      return await endAttempt({
        attempt,
        isNew: !isThere,
        record,
        files,
        graceMs,
        stop,
        stopping,
        leaving,
      });
    } catch (error) {
      if (leaving.signal.aborted || !ProjectRunnerError.is(error)) throw error;
      return error;
    } finally {
      leave();
    }
  };
  const startNext = (number: number): Promise<Attempt | null> => {
    look();
    interrupted.throwIfAborted();
    // Its record was cut off, so it had ended.
    if (!record.secret) return Promise.resolve(null);
    return startAttempt(record, record.secret, files, number, launcher);
  };

  const listing = (): ListOptions => {
    const { timeSeconds = Infinity } = spec.limits;
    const left = (startedAt(files, 1) ?? Date.now()) + timeSeconds * 1000 - Date.now();
    // Not aborted by what was before: a little is made of a stopped run, too.
    if (asked || left <= 0) return { leaving: leaving.signal, maxBytes: maxHashedOfStopped };
    const late = AbortSignal.timeout(Math.min(Math.ceil(left), longestTimerMs));
    return { leaving: leaving.signal, hurry: AbortSignal.any([stopping.signal, late]) };
  };
  const finish = (attempts: number, ended: EndedAttempt | ProjectRunnerError | null): Promise<Finished> => {
    const isError = ProjectRunnerError.is(ended);
    const endedAt = ended && !isError ? ended.account.endedAt : null;
    return finishAttempt({
      record,
      files,
      attempts,
      ended: isError ? null : ended,
      startError: isError ? ended : null,
      stopReason: stopReason(endedAt),
      listing: listing(),
    });
  };

  const work = async (): Promise<Finished> => {
    const unsure = isNew ? null : store.readUnsure(id);
    // What could not be started left nothing that the same could be made of. How much it printed nobody knows any more.
    if (unsure) return { result: unsure, mayRetry: false, printedBytes: Number.POSITIVE_INFINITY };
    if (!isNew) look();
    let attempts: Attempts = isNew ? { last: 0, started: 0, next: 1 } : settleAttempts(files);
    for (;;) {
      // What was promised before the machine was started anew is not begun after it.
      if (isOfAnotherBoot(record) && attempts.last === 0) return finish(attempts.started, null);
      let ended: EndedAttempt | ProjectRunnerError | null = null;
      try {
        ended = await oneAttempt(attempts);
      } catch (error) {
        // Stopped while it waited for its turn.
        if (leaving.signal.aborted || error !== stopping.signal.reason) throw error;
      }
      leaving.signal.throwIfAborted();
      attempts = after(attempts, ended);
      const finished = await finish(attempts.started, ended);
      leaving.signal.throwIfAborted();
      if (!finished.mayRetry || attempts.started > spec.retries || isOfAnotherBoot(record)) return finished;
      if (await isStoppedMeanwhile(attempts.started)) return finish(attempts.started, null);
    }
  };
  /** Between two attempts. */
  const isStoppedMeanwhile = async (started: number): Promise<boolean> => {
    const pause = Math.min(backOffMs.first * 2 ** (started - 1), backOffMs.longest);
    await delay(pause, undefined, { signal: interrupted }).catch(() => undefined);
    leaving.signal.throwIfAborted();
    const begun = startedAt(files, 1);
    const { timeSeconds } = spec.limits;
    if (timeSeconds !== undefined && begun !== null && Date.now() >= begun + timeSeconds * 1000) {
      stop('timed-out');
    }
    look();
    return stopping.signal.aborted;
  };

  const working = work();
  const settled = working.then(
    () => true,
    () => false,
  );
  return {
    outcome: working.catch((error: unknown) => {
      if (leaving.signal.aborted) return new Promise<never>(() => undefined);
      throw error;
    }),
    stop,
    look,
    letGo() {
      leaving.abort();
      return settled;
    },
  };
}

function isOfAnotherBoot({ creator }: RunRecord): boolean {
  return creator.bootId !== null && creator.bootId !== thisProcess().bootId;
}

const stopReasons: readonly StopReason[] = ['cancelled', 'timed-out', 'memory'];

function after(attempts: Attempts, ended: EndedAttempt | ProjectRunnerError | null): Attempts {
  const { last, started, next } = attempts;
  const wasThere = last > 0 && last === next - 1;
  if (wasThere || ended === null || ProjectRunnerError.is(ended)) return { ...attempts, last: 0 };
  return { last: 0, started: started + 1, next: next + 1 };
}
