import { ProjectRunnerError } from '@project-runner/core';

/** What a run of this name could not be kept or looked after for. */
export function unwritable(name: string, dir: string, cause: unknown): ProjectRunnerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ProjectRunnerError(
    'STATE_UNWRITABLE',
    `A run of ${name} could not be kept in ${dir}: ${reason}`,
    {
      cause,
      hint: 'Make room, or give jobs another stateDir',
    },
  );
}
