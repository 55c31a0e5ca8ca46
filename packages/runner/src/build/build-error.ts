import { ProjectRunnerError } from '@project-runner/core';

export function buildTimeout(ms: number): ProjectRunnerError {
  return new ProjectRunnerError('BUILD_TIMEOUT', `Build timed out after ${ms} ms`, {
    hint: 'Give it more time with timeoutMs or defaultBuildTimeoutMs, or see what it waits for',
  });
}

export function buildCancelled(cause?: unknown): ProjectRunnerError {
  return new ProjectRunnerError(
    'BUILD_CANCELLED',
    'Build was cancelled',
    cause === undefined ? {} : { cause },
  );
}

/** What a failed build tells: one text for `errorMessage`, with what to do about it. */
export function buildErrorMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const hint = ProjectRunnerError.is(error) && error.hint ? `. ${error.hint}` : '';
  return `${error.message}${hint}`;
}
