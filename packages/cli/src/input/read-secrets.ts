import { resolve } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';

import { variableName } from './env-file-problems.ts';
import { readEnvFile } from './read-env-file.ts';

export interface SecretOptions {
  /** Files, later ones win. Relative to `cwd`. */
  secretsFrom: readonly string[];
  /** Names of variables in `environment`; these win over files. */
  secret: readonly string[];
  cwd: string;
  environment: Readonly<Record<string, string | undefined>>;
  /** Told which lines of a file are odd. */
  warn(message: string): void;
}

/**
 * The secrets that the command line names. It never holds one itself: every process of the machine may read it.
 * @throws ProjectRunnerError `ENV_FILE_INVALID`, `CONFIG_INVALID`; values are never part of a message
 */
export function readSecrets(options: SecretOptions): Record<string, string> {
  const { secretsFrom, secret, cwd, environment, warn } = options;
  const files = secretsFrom.map((file) => readEnvFile(resolve(cwd, file), warn));
  const named = secret.map((name) => [name, valueOf(name, environment)]);
  return Object.assign({}, ...files, Object.fromEntries(named)) as Record<string, string>;
}

function valueOf(name: string, environment: SecretOptions['environment']): string {
  if (!variableName.test(name)) {
    const [shown = ''] = name.split('=');
    const found = name.includes('=') ? `${JSON.stringify(shown)} with a value` : JSON.stringify(shown);
    throw new ProjectRunnerError(
      'CONFIG_INVALID',
      `--secret expects the NAME of a variable, found ${found}`,
      {
        hint: 'Export the variable, or put it into a file for --secrets-from: everybody on the machine can read a command line',
      },
    );
  }
  const value = environment[name];
  if (value === undefined) {
    throw new ProjectRunnerError('CONFIG_INVALID', `--secret ${name}: ${name} is not set in this shell`, {
      hint: `Export ${name} first, or put it into a file for --secrets-from`,
    });
  }
  return value;
}
