import { ProjectRunnerError } from '@project-runner/core';

/** What there should be after a build is not there. */
export function outputMissing(projectDir: string, output: string): ProjectRunnerError {
  return new ProjectRunnerError('OUTPUT_MISSING', `Build output not found at ${projectDir}/${output}`, {
    hint: 'Add a "build" script to package.json that makes it, or commit it',
  });
}
