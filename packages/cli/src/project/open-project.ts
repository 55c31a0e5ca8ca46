import { join } from 'node:path';

import { pluginKey } from '@project-runner/core';
import type {
  Build,
  Deployment,
  HealthProbePlugin,
  PluginSet,
  PortStrategyPlugin,
  Project,
  ProjectRunner,
} from '@project-runner/core';
import { composePlugins, createProjectRunner, localRecords, resolveConfig } from '@project-runner/runner';
import type { PluginWrappers, RunnerConfig } from '@project-runner/runner';

import type { CliIo } from '../cli-io.ts';
import type { ProjectOptions } from '../commands/project-options.ts';
import { inConfig, loadConfig } from '../input/load-config.ts';
import { readSecrets } from '../input/read-secrets.ts';
import { readVariables } from '../input/read-variables.ts';
import type { Reporter } from '../output/reporter.ts';
import { captureErrors } from './capture-errors.ts';
import { inspectProject } from './inspect-project.ts';
import { mergeConfig } from './merge-config.ts';
import { noticeLosses } from './notice-losses.ts';
import { observeLauncher } from './observe-launcher.ts';
import type { ObservedLauncher } from './observe-launcher.ts';
import { observeProbes } from './observe-probes.ts';
import type { ObservedProbes } from './observe-probes.ts';
import { flattenLayer, withReplaced } from './plugin-layer.ts';
import { createUserPaths } from './user-paths.ts';
import { watchServerLogs } from './watch-server-logs.ts';
import type { WatchedServerLogs } from './watch-server-logs.ts';

/** A folder and all that is needed to build and run it. */
export interface OpenedProject {
  project: Project;
  deployment: Deployment;
  build: Build;
  runner: ProjectRunner;
  ports: PortStrategyPlugin;
  processes: ObservedLauncher;
  probes: ObservedProbes;
  serverLogs: WatchedServerLogs;
  variables: Record<string, string>;
  /** Variables, too, whose values are masked in logs. */
  secrets: Record<string, string>;
  /** The user's folder. Absolute. */
  projectDir: string;
  stateDir: string;
  /** Holds a folder for each build of this project. */
  buildsDir: string;
  /** Holds a folder for the log of each server; `null` where the configuration sends logs elsewhere. */
  logsDir: string | null;
  /** Puts the user's path in the place of that of the copy that is built. */
  userPaths(text: string): string;
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
  const shell = { cwd: io.cwd, environment: io.env, warn: reporter.notice };
  const { envFile = [], envFrom = [], env = [], secretsFrom = [], secret = [] } = options;
  const variables = readVariables({ ...shell, envFiles: [...envFile, ...envFrom], env });
  const secrets = readSecrets({ ...shell, secretsFrom, secret });
  const { config: written, file } = await loadConfig(inspected.dir, io.cwd, options.config);
  if (file) reporter.logger.info(`Configuration: ${file}`);
  const errors = captureErrors(noticeLosses(written.logger ?? reporter.logger, reporter.notice));
  const config = mergeConfig(written, options, inspected.dir, io, errors.logger);
  const { buildDir, stateDir } = resolveConfig(config);
  const plugins = inConfig(file, () => composePlugins(config));
  const processes = observeLauncher(plugins.one('launcher'));
  const probes = observeProbes();
  const logsDir = hasDefaultLogs(plugins, config) ? join(stateDir, 'logs') : null;
  const serverLogs = watchServerLogs(logsDir, inspected.dir);
  const runner = createProjectRunner({
    ...config,
    plugins: withReplaced(config.plugins, [serverLogs.sink]),
    wrap: { ...config.wrap, ...observers({ plugins, config, processes, probes }) },
  });
  // The runner copies the folder before it builds, so the user's own may be handed out.
  runner.setSource({ getProjectPath: async () => inspected.dir });
  const records = localRecords(inspected.dir, { name: inspected.name });
  const buildsDir = join(buildDir, records.project.id);
  return {
    ...records,
    runner,
    ports: plugins.one('port-strategy'),
    processes,
    probes,
    serverLogs,
    variables,
    secrets,
    projectDir: inspected.dir,
    stateDir,
    buildsDir,
    logsDir,
    userPaths: createUserPaths(join(buildsDir, records.build.id), inspected.dir),
    findError: errors.find,
  };
}

interface Observed {
  plugins: PluginSet;
  config: RunnerConfig;
  processes: ObservedLauncher;
  probes: ObservedProbes;
}

/** Outermost, so that what is observed is what the runner uses. */
function observers({ plugins, config, processes, probes }: Observed): PluginWrappers {
  const launcher = [pluginKey(processes.launcher), () => processes.launcher] as const;
  const probing = plugins.all('health-probe').map(({ name }) => {
    const key = `health-probe:${name}` as const;
    const wrapOwn = config.wrap?.[key] ?? ((inner: HealthProbePlugin) => inner);
    return [key, (inner: HealthProbePlugin) => probes.observe(wrapOwn(inner))] as const;
  });
  return Object.fromEntries<unknown>([launcher, ...probing]) as PluginWrappers;
}

/** Where a user's own sink of that name writes is its secret. */
function hasDefaultLogs(plugins: PluginSet, { plugins: given, wrap }: RunnerConfig): boolean {
  const key = 'log-sink:file';
  const isOwn = flattenLayer(given).some((plugin) => pluginKey(plugin) === key) || wrap?.[key] !== undefined;
  return plugins.keys().includes(key) && !isOwn;
}
