import { setTimeout as delay } from 'node:timers/promises';

import { ProjectRunnerError } from '@project-runner/core';

import type { JobState } from '../job-adapter.ts';
import type { JobResult } from '../job-result.ts';
import { lastProgress } from '../run/follow-progress.ts';
import { runningPid } from '../run/is-running.ts';
import { readAttempts, startedAt } from '../store/attempts.ts';
import type { Attempts } from '../store/attempts.ts';
import { isOwned } from '../store/run-owner.ts';
import type { RunRecord } from '../store/run-record.ts';
import type { RunStore } from '../store/run-store.ts';
import { readStopFailure } from '../store/stop-failure.ts';
import type { OwnRuns } from './own-runs.ts';
import { readRun } from './wait-for-run.ts';

/** How long whoever looks after a run may take from the end of its process to its result. */
const finishMs = 2000;
const lookEveryMs = 10;

export interface StateTools {
  store: RunStore;
  runs: OwnRuns;
  /** Nobody looks after a run that is not over. */
  onOrphan(): void;
}

/**
 * How far a run is. While its process is gone and its result is being made, that is waited for; one that takes its time,
 * or is about to be tried again, is pending.
 * @throws ProjectRunnerError `JOB_NOT_FOUND`; the signal's reason
 */
export async function runState(id: string, tools: StateTools, signal: AbortSignal): Promise<JobState> {
  const { store, runs } = tools;
  const deadline = performance.now() + finishMs;
  for (;;) {
    signal.throwIfAborted();
    const record = readRun(id, store);
    const result = record.result ?? runs.unkept(record);
    if (result) return finalState(record, result, store);
    const attempts = readAttempts(store.files(id));
    const isOrphan = !isOwned(record, store.files(id));
    const state = openState(record, attempts, store, isOrphan);
    const isOpen = state.status === 'running' || attempts.last === 0;
    // All that is to be done of another one is to say how it ended.
    const isStuck = !isOpen && isOrphan && !tryToTake(id, runs);
    const mayGoOn = performance.now() > deadline || attempts.started <= record.spec.retries;
    if (isOpen || isStuck || mayGoOn) {
      if (isOrphan && !runs.get(id)) tools.onOrphan();
      return state;
    }
    await delay(lookEveryMs);
  }
}

/** `false` on a full disk. */
function tryToTake(id: string, runs: OwnRuns): boolean {
  try {
    runs.take(id);
    return true;
  } catch (error) {
    if (ProjectRunnerError.is(error)) return false;
    throw error;
  }
}

function openState(
  record: RunRecord,
  { last, started }: Attempts,
  store: RunStore,
  isOrphan: boolean,
): JobState {
  const files = store.files(record.id);
  const pid = runningPid(record, files, last);
  // Of a dead owner it may be old, and is found again by who takes over.
  const stopFailure = isOrphan ? null : (readStopFailure(files)?.message ?? null);
  const begun = started === 0 ? null : startedAt(files, 1);
  return {
    id: record.id,
    name: record.spec.name,
    status: pid === null && stopFailure === null ? 'pending' : 'running',
    contextId: record.contextId,
    pid,
    elapsedMs: begun === null ? 0 : Math.max(Math.round(Date.now() - begun), 0),
    attempt: started,
    stopFailure,
    progress: last === 0 ? null : lastProgress(files, last),
    createdAt: record.createdAt,
  };
}

function finalState(record: RunRecord, result: JobResult, store: RunStore): JobState {
  const attempt = result.startedAt === null ? 0 : result.metrics.retries + 1;
  const files = store.files(record.id);
  const { last } = readAttempts(files);
  return {
    id: record.id,
    name: record.spec.name,
    status: result.status,
    contextId: record.contextId,
    pid: null,
    elapsedMs: Math.round(result.metrics.wallMs),
    attempt,
    stopFailure: null,
    progress: last === 0 ? null : lastProgress(files, last),
    createdAt: record.createdAt,
  };
}
