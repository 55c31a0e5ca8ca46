import { ProjectRunnerError } from '@project-runner/core';

/** Why a deploy was given up, from the reason of its signal: the runner says its own, a caller may say anything. */
export function deployCancelled(reason: unknown): ProjectRunnerError {
  if (ProjectRunnerError.is(reason)) return reason;
  return new ProjectRunnerError('DEPLOY_CANCELLED', 'The deploy was cancelled', { cause: reason });
}
