import { statSync } from 'node:fs';

import { ProjectRunnerError } from '@project-runner/core';
import type { LaunchSpec } from '@project-runner/core';

import { explainProgram } from './explain-program.ts';
import type { ProgramExplanation } from './explain-program.ts';
import { findProblem } from './find-program.ts';
import type { ProgramProblem } from './find-program.ts';

/**
 * `ENOENT` of a spawn means a missing program, interpreter or folder; the user needs to know which.
 * @param found what was found already; a second look may find nothing any more
 */
export function spawnFailed(
  spec: LaunchSpec,
  cause: unknown,
  found: ProgramProblem | null = null,
): ProjectRunnerError {
  const { problem, hint } = explain(spec, cause, found);
  return new ProjectRunnerError(
    'SPAWN_FAILED',
    `${spec.file} could not be started in ${spec.cwd}: ${problem}`,
    {
      cause,
      hint,
    },
  );
}

function explain(spec: LaunchSpec, cause: unknown, known: ProgramProblem | null): ProgramExplanation {
  if (!isFolder(spec.cwd)) {
    return { problem: 'the folder is not there', hint: 'Create the folder, or give another one' };
  }
  const found = known ?? findProblem(spec);
  if (found) return explainProgram(spec.file, found);
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'unknown error';
  return { problem: code, hint: 'See the cause for what the system said' };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
