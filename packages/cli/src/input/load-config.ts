import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { PluginSet, ProjectRunnerError } from '@project-runner/core';
import { defaultPlugins, resolveConfig } from '@project-runner/runner';
import type { RunnerConfig } from '@project-runner/runner';
import { loadConfig as loadWithC12 } from 'c12';

/** What `project-runner.config.ts` exports by default: the configuration of the runner. */
export type ProjectRunnerConfig = RunnerConfig;

export interface LoadedConfig {
  config: ProjectRunnerConfig;
  /** Absolute; `undefined` where there is no such file. */
  file: string | undefined;
}

const names = ['ts', 'mts', 'js', 'mjs', 'json'].map((extension) => `project-runner.config.${extension}`);
const pathKeys = ['buildDir', 'stateDir', 'dataDir'] as const satisfies readonly (keyof RunnerConfig)[];

/**
 * Reads the file given, else the first one in the project's folder, else in the current one. Relative folders in it
 * are relative to the file.
 * @throws ProjectRunnerError `CONFIG_INVALID`, or the `PLUGIN_*` code of what is wrong, with the file in the message
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
      hint: `Name a file such as ${names[0]}`,
    });
  }
  const config = withAbsolutePaths(await evaluate(file), dirname(file));
  check(config, file);
  return { config, file };
}

function findConfig(dirs: readonly string[]): string | undefined {
  return dirs.flatMap((dir) => names.map((name) => join(dir, name))).find((path) => existsSync(path));
}

async function evaluate(file: string): Promise<ProjectRunnerConfig> {
  let value: unknown;
  try {
    const loaded = await loadWithC12({
      cwd: dirname(file),
      configFile: file,
      configFileRequired: true,
      // Only this file: nothing from the home folder, the environment or the network.
      rcFile: false,
      globalRc: false,
      dotenv: false,
      packageJson: false,
      extend: false,
      giget: false,
      envName: false,
      merger: (...sources) => sources.find((source) => source !== undefined && source !== null) ?? {},
      // Its cache would be written into the project's node_modules.
      jitiOptions: { fsCache: false },
    });
    value = loaded.config;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProjectRunnerError('CONFIG_INVALID', `${file} cannot be loaded: ${reason}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProjectRunnerError('CONFIG_INVALID', `${file} must export an object by default`, {
      hint: 'export default { plugins: [], portRange: { start: 5000, end: 5010 } }',
    });
  }
  return value;
}

function withAbsolutePaths(config: ProjectRunnerConfig, dir: string): ProjectRunnerConfig {
  const copy = { ...config };
  for (const key of pathKeys) {
    const path = copy[key];
    if (typeof path === 'string' && path !== '') copy[key] = resolve(dir, path);
  }
  return copy;
}

/** Checked here, so that the message names the file and nothing has been started yet. */
function check(config: ProjectRunnerConfig, file: string): void {
  try {
    resolveConfig(config);
    PluginSet.from(defaultPlugins(config), config.plugins).without(config.without ?? []);
  } catch (error) {
    if (!ProjectRunnerError.is(error)) throw error;
    throw new ProjectRunnerError(error.code, `${file}: ${error.message}`, {
      cause: error.cause,
      ...(error.plugin ? { plugin: error.plugin } : {}),
      ...(error.hint ? { hint: error.hint } : {}),
    });
  }
}
