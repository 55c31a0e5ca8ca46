import type { ProcessAccount, ProcessExit, ProjectRunnerError } from '@project-runner/core';

import type { JobResult } from '../job-result.ts';
import { startedAt } from '../store/attempts.ts';
import type { RunRecord } from '../store/run-record.ts';
import type { RunFiles, StopReason } from '../store/run-files.ts';
import { judgeAttempt } from './judge-attempt.ts';
import { listArtifacts } from './list-artifacts.ts';
import type { ListOptions } from './list-artifacts.ts';
import { readOutput } from './read-output.ts';
import type { Attempt } from './start-attempt.ts';

/** An attempt whose processes are gone. */
export interface EndedAttempt {
  attempt: Attempt;
  exit: ProcessExit;
  account: ProcessAccount;
  inForce: JobResult['limits'];
}

export interface Finished {
  result: JobResult;
  /** Whether another attempt may do better. */
  mayRetry: boolean;
  /** That the last attempt printed. */
  printedBytes: number;
}

export interface FinishOptions {
  record: RunRecord;
  files: RunFiles;
  /** How many were started. */
  attempts: number;
  /** `null` where there is none. */
  ended: EndedAttempt | null;
  startError: ProjectRunnerError | null;
  stopReason: StopReason | null;
  listing: ListOptions;
}

/**
 * What came of a run whose last attempt is over. From the same files it makes the same of it, whoever asks.
 * @throws the reason of `listing.leaving`
 */
export async function finishAttempt(options: FinishOptions): Promise<Finished> {
  const { record, files, attempts, ended, startError, stopReason, listing } = options;
  const { id, spec, createdAt } = record;
  const number = ended?.attempt.number ?? null;
  const output = ended ? await readOutput(files.result(ended.attempt.number), ended.attempt.stdout) : null;
  const stderr = ended?.attempt.stderr.text() ?? '';
  const { mayRetry, ...verdict } = judgeAttempt({
    name: spec.name,
    limits: spec.limits,
    exit: ended?.exit ?? null,
    startError,
    stopReason,
    outOfMemory: ended?.attempt.handle.outOfMemory?.() ?? false,
    stderr,
    invalid: output?.invalid ?? null,
  });
  const started = attempts > 0 ? startedAt(files, 1) : null;
  const endedAt = ended?.account.endedAt ?? Date.now();
  return {
    mayRetry,
    printedBytes: ended ? ended.attempt.stdout.length + ended.attempt.stderr.length : 0,
    result: {
      id,
      name: spec.name,
      ...verdict,
      output: output?.value ?? null,
      stderr,
      outputDir: number === null ? null : files.output(number),
      artifacts: number === null ? [] : await listArtifacts(files.output(number), listing),
      metrics: {
        wallMs: started === null ? 0 : Math.max(Math.round(endedAt - started), 0),
        cpuMs: ended?.account.cpuMs ?? null,
        peakMemoryBytes: ended?.account.peakMemoryBytes ?? null,
        retries: Math.max(attempts - 1, 0),
      },
      limits: ended?.inForce ?? {},
      createdAt,
      startedAt: started === null ? null : Math.round(started),
      endedAt: Math.round(endedAt),
    },
  };
}
