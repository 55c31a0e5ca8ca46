import { isAbsolute } from 'node:path';

import type { ProgramProblem } from './find-program.ts';

/** For an error: what is wrong, and what to do. */
export interface ProgramExplanation {
  problem: string;
  hint: string;
}

/** Why a program cannot be run, in words. `file`: what was asked for. */
export function explainProgram(file: string, found: ProgramProblem): ProgramExplanation {
  switch (found.kind) {
    case 'missing':
      return {
        problem:
          file.includes('/') || isAbsolute(file)
            ? 'there is no such file'
            : 'there is no such program on PATH',
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
}: Extract<ProgramProblem, { kind: 'interpreter' }>): ProgramExplanation {
  const problem = `the first line of ${path} names ${JSON.stringify(interpreter)}, which is not there`;
  return interpreter.endsWith('\r')
    ? { problem, hint: 'It has line endings of Windows: save it with those of Unix' }
    : { problem, hint: `Install ${interpreter}, or mend that line` };
}
