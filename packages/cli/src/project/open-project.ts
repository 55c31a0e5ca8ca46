import { join, resolve } from 'node:path';

import { pluginKey, PluginSet } from '@project-runner/core';
import type {
  Build,
  Deployment,
  Logger,
  Plugin,
  PluginLayer,
  Project,
  ProjectRunner,
} from '@project-runner/core';
import { createProjectRunner, defaultPlugins, defaultStateDir, resolveConfig } from '@project-runner/runner';
import type { RunnerConfig } from '@project-runner/runner';

import type { CliIo } from '../cli-io.ts';
import type { ProjectOptions } from '../commands/project-options.ts';
import { loadConfig } from '../input/load-config.ts';
import { readVariables } from '../input/read-variables.ts';
import type { Reporter } from '../output/reporter.ts';
import { captureErrors } from './capture-errors.ts';
import { inspectProject } from './inspect-project.ts';
import { observeLauncher } from './observe-launcher.ts';
import type { ObservedLauncher } from './observe-launcher.ts';
import { createProjectRecords } from './project-records.ts';

/** A folder and all that is needed to build and run it. */
export interface OpenedProject {
  project: Project;
  deployment: Deployment;
  build: Build;
  runner: ProjectRunner;
  processes: ObservedLauncher;
  variables: Record<string, string>;
  /** Holds a folder for each build of this project. */
  buildsDir: string;
  /** The error behind a message of a failed build, where it is known. */
  findError(message: string): Error | undefined;
}

/** Nothing is started or written yet. @throws ProjectRunnerError for everything that is wrong with the input */
export async function openProject(
  path: string,
  options: ProjectOptions,
  io: CliIo,
  reporter: Reporter,
): Promise<OpenedProject> {
  const inspected = inspectProject(path, io.cwd);
  const variables = readVariables({
    envFile: options.envFile ?? [],
    env: options.env ?? [],
    cwd: io.cwd,
    environment: io.env,
  });
  const { config: written, file } = await loadConfig(inspected.dir, io.cwd, options.config);
  if (file) reporter.logger.info(`Configuration: ${file}`);
  const errors = captureErrors(written.logger ?? reporter.logger);
  const config = mergeConfig(written, options, inspected.dir, io, errors.logger);
  const { buildDir } = resolveConfig(config);
  const plugins = PluginSet.from(defaultPlugins(config), config.plugins).without(config.without ?? []);
  const processes = observeLauncher(plugins.one('launcher'));
  const runner = createProjectRunner({
    ...config,
    plugins: withReplaced(config.plugins, processes.launcher),
  });
  // The runner copies the folder before it builds, so the user's own may be handed out.
  runner.setSource({ getProjectPath: async () => inspected.dir });
  const records = createProjectRecords(inspected);
  const buildsDir = join(buildDir, records.project.id);
  return { ...records, runner, processes, variables, buildsDir, findError: errors.find };
}

/** Flags win over the file. What the command keeps goes to the user's state folder, never into the project. */
function mergeConfig(
  written: RunnerConfig,
  options: ProjectOptions,
  projectDir: string,
  io: CliIo,
  logger: Logger,
): RunnerConfig {
  const given = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : resolve(io.cwd, path);
  // A folder of its own: a host that is started in the project's folder has its state beside it.
  const stateDir =
    given(options.stateDir) ?? written.stateDir ?? join(defaultStateDir(projectDir, io.env), 'cli');
  const dataDir = given(options.dataDir) ?? written.dataDir;
  return {
    ...written,
    stateDir,
    buildDir: given(options.buildDir) ?? written.buildDir ?? join(stateDir, 'builds'),
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(options.allowInstallScripts ? { allowInstallScripts: true } : {}),
    ...(options.buildTimeout === undefined ? {} : { defaultBuildTimeoutMs: options.buildTimeout }),
    logger,
  };
}

/** The user's plugins with this one in the place of its key; a key may be in a layer only once. */
function withReplaced(layer: PluginLayer, plugin: Plugin): PluginLayer {
  const plugins = ([layer] as unknown[]).flat(Infinity).filter(Boolean) as Plugin[];
  return [...plugins.filter((other) => pluginKey(other) !== pluginKey(plugin)), plugin];
}
