import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { ProjectRunnerError } from '@project-runner/core';
import type { LauncherPlugin } from '@project-runner/core';

import type { JobResult } from '../job-result.ts';
import { runningPid } from '../run/is-running.ts';
import { adoptAttempt } from '../run/start-attempt.ts';
import { readAttempts } from '../store/attempts.ts';
import type { RunRecord } from '../store/run-record.ts';
import type { RunFiles } from '../store/run-files.ts';
import type { RunStore } from '../store/run-store.ts';
import { readStopFailure } from '../store/stop-failure.ts';
import { ringBell } from './bell.ts';
import type { OwnRuns } from './own-runs.ts';
import { untilChanged } from './run-changes.ts';
import { readRun, waitForRun } from './wait-for-run.ts';

export interface CancelTools {
  store: RunStore;
  runs: OwnRuns;
  launcher: LauncherPlugin;
  graceMs: number;
}

/** An owner that is well reacts in some ms. */
const patienceMs = 1000;

/**
 * Stops a run, whoever looks after it, and waits for its end, as `waitForRun` does. What has ended stays as it is.
 * @throws ProjectRunnerError `JOB_NOT_FOUND`, `STATE_UNWRITABLE`; `STOP_FAILED`, the run going on being stopped; the signal's reason
 */
export async function cancelRun(id: string, tools: CancelTools, signal: AbortSignal): Promise<JobResult> {
  signal.throwIfAborted();
  const { store, runs } = tools;
  const record = runs.get(id) ? null : readRun(id, store);
  const ended = record && (record.result ?? runs.unkept(record));
  if (ended) return ended;
  const over = new AbortController();
  const ending = AbortSignal.any([signal, over.signal]);
  const failure = untilStopFails(store.files(id), ending);
  const stopped = stop(id, record, tools, ending);
  try {
    return await Promise.race([stopped, failure]);
  } finally {
    over.abort();
    for (const promise of [stopped, failure]) promise.catch(() => undefined);
  }
}

async function stop(
  id: string,
  record: RunRecord | null,
  tools: CancelTools,
  signal: AbortSignal,
): Promise<JobResult> {
  const { store, runs } = tools;
  const own = runs.get(id) ?? runs.take(id);
  if (own) {
    own.supervision.stop('cancelled');
    return own.result;
  }
  askOwner(id, store);
  const result = waitForRun(id, tools, signal);
  result.catch(() => undefined);
  // One that does not react, because it was suspended or is stuck, need not keep the tree alive.
  if (record && (await isLate(result, record, tools))) await stopForOwner(record, tools);
  return result;
}

/** Rejects when whoever looks after a run tells, from now on, that it could not be stopped. @throws the signal's reason */
async function untilStopFails(files: RunFiles, signal: AbortSignal): Promise<never> {
  const before = readStopFailure(files)?.at;
  for (;;) {
    await untilChanged(files.dir, signal);
    const failure = readStopFailure(files);
    if (failure && failure.at !== before) {
      throw new ProjectRunnerError('STOP_FAILED', failure.message, {
        hint: 'The run is not over: its processes go on being stopped, and wait() answers when they are gone',
      });
    }
  }
}

/**
 * Stops what is left of a run, and removes what is kept of it; also where no result can be made or written.
 * @throws ProjectRunnerError `STOP_FAILED`, nothing being removed; the signal's reason
 */
export async function destroyRun(id: string, tools: CancelTools, signal: AbortSignal): Promise<void> {
  try {
    await cancelRun(id, tools, signal).catch(unlessMissing);
  } catch (error) {
    signal.throwIfAborted();
    if (ProjectRunnerError.is(error) && error.code === 'STOP_FAILED') throw error;
    const record = tools.store.read(id);
    if (record) await stopForOwner(record, tools);
  }
  tools.store.remove(id);
}

/** An owner that has begun has the grace that it gives. */
async function isLate(result: Promise<JobResult>, record: RunRecord, tools: CancelTools): Promise<boolean> {
  const { graceMs = tools.graceMs } = record;
  const isOver = async (ms: number): Promise<boolean> =>
    (await Promise.race([result, delay(ms, 'late' as const, { ref: false })])) === 'late';
  if (!(await isOver(patienceMs))) return false;
  return !existsSync(tools.store.files(record.id).stopping) || isOver(graceMs);
}

export function unlessMissing(error: unknown): null {
  if (ProjectRunnerError.is(error) && error.code === 'JOB_NOT_FOUND') return null;
  throw error;
}

function askOwner(id: string, store: RunStore): void {
  try {
    writeFileSync(store.files(id).stop('cancelled'), '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  try {
    ringBell(store.bell);
  } catch {
    // A full disk: its owner looks every second.
  }
}

/** What it printed is its owner's to keep. */
const unheard = { from: { stdout: 0, stderr: 0 }, receiver: { onOutput: () => undefined } };

async function stopForOwner(record: RunRecord, { store, launcher, ...own }: CancelTools): Promise<void> {
  const { graceMs = own.graceMs } = record;
  const files = store.files(record.id);
  const { last } = readAttempts(files);
  const handle = last === 0 ? null : await adoptAttempt(record, files, last, launcher, unheard);
  if (!handle) return;
  try {
    const isThere = runningPid(record, files, last) !== null || (handle.leftBehind?.() ?? true);
    if (isThere) await handle.stop({ graceMs });
  } finally {
    handle.detach?.();
  }
}
