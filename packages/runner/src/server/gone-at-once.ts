import { ProjectRunnerError } from '@project-runner/core';
import type { ServerStatus } from '@project-runner/core';

/** The error of a deploy whose server did not live to see its traffic. */
export function goneAtOnce({ lastError }: ServerStatus): ProjectRunnerError {
  return new ProjectRunnerError(
    'SERVER_EXITED',
    `The server exited right after it was ready: ${lastError ?? 'its process is gone'}`,
    { hint: 'See its log; what served before still does' },
  );
}
