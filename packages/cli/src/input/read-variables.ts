import { resolve } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';

import { variableName } from './env-file-problems.ts';
import { readEnvFile } from './read-env-file.ts';

export interface VariableOptions {
  /** Files, later ones win. Relative to `cwd`. */
  envFiles: readonly string[];
  /** `NAME=VALUE`, or `NAME` for the value in `environment`; these win over files. */
  env: readonly string[];
  cwd: string;
  environment: Readonly<Record<string, string | undefined>>;
  /** Told which lines of a file are odd. */
  warn(message: string): void;
}

/**
 * The variables given on the command line.
 * @throws ProjectRunnerError `ENV_FILE_INVALID`, `CONFIG_INVALID`; values are never part of a message
 */
export function readVariables(options: VariableOptions): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const file of options.envFiles)
    Object.assign(variables, readEnvFile(resolve(options.cwd, file), options.warn));
  for (const assignment of options.env) {
    const [name, value] = readAssignment(assignment, options.environment);
    variables[name] = value;
  }
  return variables;
}

function readAssignment(
  assignment: string,
  environment: VariableOptions['environment'],
): readonly [name: string, value: string] {
  const equals = assignment.indexOf('=');
  const name = equals === -1 ? assignment : assignment.slice(0, equals);
  if (!variableName.test(name)) {
    throw new ProjectRunnerError(
      'CONFIG_INVALID',
      `--env expects NAME=VALUE or NAME, found the name ${JSON.stringify(name)}`,
      { hint: 'A name starts with a letter or "_"; quote values that hold spaces' },
    );
  }
  if (equals !== -1) return [name, assignment.slice(equals + 1)];
  const value = environment[name];
  if (value === undefined) {
    throw new ProjectRunnerError('CONFIG_INVALID', `--env ${name}: ${name} is not set in this shell`, {
      hint: `Give the value, --env ${name}=VALUE, or export ${name} first`,
    });
  }
  return [name, value];
}
