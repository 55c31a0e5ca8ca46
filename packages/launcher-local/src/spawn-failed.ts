import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import type { LaunchSpec } from '@project-runner/core';

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

interface Explanation {
  problem: string;
  hint: string;
}

function explain(spec: LaunchSpec, cause: unknown, known: ProgramProblem | null): Explanation {
  if (!isFolder(spec.cwd)) {
    return { problem: 'the folder is not there', hint: 'Create the folder, or give another one' };
  }
  const found = known ?? findProblem(spec);
  if (found) return explainProgram(spec.file, found);
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'unknown error';
  return { problem: code, hint: 'See the cause for what the system said' };
}

function explainProgram(file: string, found: ProgramProblem): Explanation {
  switch (found.kind) {
    case 'missing':
      return {
        problem: isAbsolute(file) ? 'there is no such file' : 'there is no such program on PATH',
        hint: `Install ${file}, or see that PATH names its folder`,
      };
    case 'forbidden':
      return { problem: 'the file is not executable', hint: `Allow it: chmod +x ${found.path}` };
    case 'folder':
      return { problem: `${found.path} is a folder`, hint: 'Name a program in it' };
    case 'interpreter':
      return explainInterpreter(found);
  }
}

function explainInterpreter({
  path,
  interpreter,
}: Extract<ProgramProblem, { kind: 'interpreter' }>): Explanation {
  const problem = `the first line of ${path} names ${JSON.stringify(interpreter)}, which is not there`;
  return interpreter.endsWith('\r')
    ? { problem, hint: 'It has line endings of Windows: save it with those of Unix' }
    : { problem, hint: `Install ${interpreter}, or mend that line` };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
