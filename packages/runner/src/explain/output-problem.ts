import type { ProjectRunnerError } from '@project-runner/core';

import { outputMissing } from '../build/output-missing.ts';
import { outputOf, planOf, seen } from './explain-build.ts';
import type { ExplainedProject } from './explained-project.ts';

/** What is to be started, where it is not there and no build could make it. */
export function outputProblem(project: ExplainedProject): ProjectRunnerError | null {
  const { script, command } = planOf(project);
  const { output } = outputOf(project);
  if (script !== undefined || command !== undefined || output === null || seen(project).has(output))
    return null;
  return outputMissing(project.source.projectDir, output);
}
