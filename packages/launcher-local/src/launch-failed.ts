import { ProjectRunnerError } from '@project-runner/core';
import type { LaunchSpec } from '@project-runner/core';

import { cannotTell } from './cannot-tell.ts';

/** What a launch failed with, `problems` being what could not be undone of it. */
export function launchFailed(
  { file, dir }: LaunchSpec,
  error: unknown,
  problems: readonly unknown[] = [],
): ProjectRunnerError {
  if (ProjectRunnerError.is(error) && problems.length === 0) return error;
  const reason = [error, ...problems].map((each) => (each instanceof Error ? each.message : String(each)));
  return new ProjectRunnerError('SPAWN_FAILED', `${file} could not be started: ${reason.join('; ')}`, {
    cause: problems.length > 0 ? new AggregateError([error, ...problems]) : error,
    hint: cannotTell(error)
      ? 'This process, or the system, has as many files open as it may (ulimit -n)'
      : `See that ${dir ?? 'its folder'} can be written to and its volume has space`,
  });
}
