import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

import { ProjectRunnerError } from '@project-runner/core';

import { findEnvFileProblems, variableName } from './env-file-problems.ts';

/**
 * The variables of a file, by Node's own parser; nothing in it is executed. `warn` is told which lines are odd.
 * @throws ProjectRunnerError `ENV_FILE_INVALID`; values are never part of a message
 */
export function readEnvFile(file: string, warn: (message: string) => void): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ProjectRunnerError('ENV_FILE_INVALID', `The file of variables ${file} cannot be read`, {
      cause: error,
      hint: 'Name a readable file of lines NAME=VALUE',
    });
  }
  for (const { line, problem } of findEnvFileProblems(text)) warn(`${file}:${line}: ${problem}`);
  // A name that no shell takes would be an error of the runner, without the line.
  const named = Object.entries(parseEnv(text)).filter(([name]) => variableName.test(name));
  return Object.fromEntries(named as [string, string][]);
}
