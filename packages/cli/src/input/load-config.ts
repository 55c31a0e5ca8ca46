import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import { resolveConfig } from '@project-runner/runner';
import type { RunnerConfig } from '@project-runner/runner';

import { evaluateConfig } from './evaluate-config.ts';
import { configNames, findConfig } from './find-config.ts';
import { refuseUnknownKeys } from './refuse-unknown-keys.ts';

/** What `project-runner.config.ts` exports by default: the configuration of the runner. */
export type ProjectRunnerConfig = RunnerConfig;

export interface LoadedConfig {
  config: ProjectRunnerConfig;
  /** Absolute; `undefined` where there is no such file. */
  file: string | undefined;
}

const pathKeys = ['buildDir', 'stateDir', 'dataDir'] as const satisfies readonly (keyof RunnerConfig)[];

/**
 * Reads the file given, else the first one in the project's folder, else in the current one. Relative folders in it
 * are relative to the file. Its plugins are not looked at: whoever composes them does so in `inConfig`.
 * @throws ProjectRunnerError `CONFIG_INVALID` with the file in the message
 */
export async function loadConfig(
  projectDir: string,
  cwd: string,
  given: string | undefined,
): Promise<LoadedConfig> {
  const file = given === undefined ? findConfig([projectDir, cwd]) : resolve(cwd, given);
  if (file === undefined) return { config: {}, file };
  if (!existsSync(file)) {
    throw new ProjectRunnerError('CONFIG_INVALID', `--config ${file} is not there`, {
      hint: `Name a file such as ${configNames[0]}`,
    });
  }
  const config = withAbsolutePaths(await evaluateConfig(file), dirname(file));
  check(config, file);
  return { config, file };
}

function withAbsolutePaths(config: ProjectRunnerConfig, dir: string): ProjectRunnerConfig {
  const copy = { ...config };
  for (const key of pathKeys) {
    const path = copy[key];
    if (typeof path === 'string' && path !== '') copy[key] = resolve(dir, path);
  }
  return copy;
}

/** Checked here, when nothing has been started yet. */
function check(config: ProjectRunnerConfig, file: string): void {
  inConfig(file, () => {
    refuseUnknownKeys(config);
    resolveConfig(config);
  });
}

/** What `look` answers; what it throws names the file of the configuration. */
export function inConfig<T>(file: string | undefined, look: () => T): T {
  try {
    return look();
  } catch (error) {
    if (!ProjectRunnerError.is(error) || file === undefined) throw error;
    throw new ProjectRunnerError(error.code, `${file}: ${error.message}`, {
      cause: error.cause,
      ...(error.plugin ? { plugin: error.plugin } : {}),
      ...(error.hint ? { hint: error.hint } : {}),
    });
  }
}
