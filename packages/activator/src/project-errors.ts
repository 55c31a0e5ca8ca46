import { ProjectRunnerError } from '@project-runner/core';

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Somebody wanted it, so it is no failure. */
export function isWantedEnd(error: unknown): boolean {
  return ProjectRunnerError.is(error) && ['DEPLOY_CANCELLED', 'RUNNER_CLOSED'].includes(error.code);
}

export function givenUp(projectId: string, lastError: string | null | undefined): ProjectRunnerError {
  return new ProjectRunnerError(
    'SERVER_EXITED',
    `Project ${projectId} was given up: ${lastError ?? 'its server ended'}`,
  );
}

export function cancelled(projectId: string): ProjectRunnerError {
  return new ProjectRunnerError(
    'DEPLOY_CANCELLED',
    `Project ${projectId} was stopped while it was waited for`,
  );
}

export function notFound(projectId: string): ProjectRunnerError {
  return new ProjectRunnerError('PROJECT_NOT_FOUND', `There is no project ${projectId}`, {
    hint: 'Register it first, or give ensureRunning its config',
  });
}
