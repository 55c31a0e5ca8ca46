import type { ErrorCode, ProcessExit, ProjectRunnerError } from '@project-runner/core';

import type { FinalJobStatus, JobFailure } from '../job-result.ts';
import type { JobLimits } from '../job-spec.ts';
import type { StopReason } from '../store/run-files.ts';

/** What is known of an attempt that is over. */
export interface AttemptFacts {
  name: string;
  limits: JobLimits;
  /** `null`: it could not be started. */
  exit: ProcessExit | null;
  startError: ProjectRunnerError | null;
  stopReason: StopReason | null;
  outOfMemory: boolean;
  stderr: string;
  /** What is wrong with the result that it wrote. */
  invalid: string | null;
}

export interface Verdict {
  status: FinalJobStatus;
  error: JobFailure | null;
  /** Whether another attempt may do better. */
  mayRetry: boolean;
}

export function judgeAttempt(facts: AttemptFacts): Verdict {
  const { name, limits, exit, startError, stopReason, stderr, invalid } = facts;
  const fail = (code: ErrorCode, message: string, hint: string | null = null): Verdict => ({
    status: code === 'JOB_CANCELLED' ? 'cancelled' : code === 'JOB_TIMEOUT' ? 'timed-out' : 'failed',
    error: { code, message, hint, exitCode: exit?.code ?? null, signal: exit?.signal ?? null },
    mayRetry: code === 'JOB_FAILED' || code === 'JOB_OUTPUT_INVALID',
  });
  if (stopReason === 'cancelled') return fail('JOB_CANCELLED', `${name} was cancelled`);
  if (stopReason === 'timed-out') {
    return fail(
      'JOB_TIMEOUT',
      `${name} was not done within its limit of ${limits.timeSeconds} s`,
      'Give it more limits.timeSeconds, or see in its stderr what it waited for',
    );
  }
  if (startError) return fail(startError.code, startError.message, startError.hint ?? null);
  if (exit === null || (exit.code === null && exit.signal === null)) {
    return fail(
      'JOB_LOST',
      `${name} has ended, and nobody was there to see how`,
      'The machine was started anew, or the processes around it were killed: run it again if it may be run twice',
    );
  }
  const how = exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
  if (isOverMemory(facts)) {
    return fail(
      'JOB_LIMIT_EXCEEDED',
      `${name} ended with ${how}, because it needed more memory than its limit of ${limits.memoryBytes} bytes`,
      'Give it more limits.memoryBytes',
    );
  }
  if (exit.code === 0) {
    return invalid === null
      ? { status: 'completed', error: null, mayRetry: false }
      : fail('JOB_OUTPUT_INVALID', `${name} ended with exit code 0, but ${invalid}`, outputHint);
  }
  return fail('JOB_FAILED', `${name} ended with ${how}${lastWords(stderr)}`, 'See its stderr');
}

const outputHint =
  'Write one JSON value to the file that PROJECT_RUNNER_RESULT names; a full disk may have cut it off';
const shownLines = 10;

/** A child of it may have been killed, and the job done all the same. */
function isOverMemory({ exit, stopReason, outOfMemory, limits, stderr }: AttemptFacts): boolean {
  if (stopReason === 'memory') return true;
  if (exit?.code === 0 || limits.memoryBytes === undefined) return false;
  // What V8 says before it aborts; some wrappers make an exit code of that.
  return outOfMemory || stderr.includes('JavaScript heap out of memory');
}

function lastWords(stderr: string): string {
  const lines = stderr.trimEnd().split('\n').slice(-shownLines).join('\n');
  return lines === '' ? '' : `:\n${lines}`;
}
