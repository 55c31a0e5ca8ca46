import { callPlugin, ProjectRunnerError } from '@project-runner/core';
import type { BuildPlan, Command, FrameworkPlugin, ProcessExit } from '@project-runner/core';

import type { DetectedPackageManager } from '../detect/detect-package-manager.ts';
import { checkCommand } from './check-command.ts';
import { describeExit } from './describe-exit.ts';
import { runBuildCommand } from './run-build-command.ts';
import type { RunBuildCommandOptions } from './run-build-command.ts';
import { runManagerCommand } from './run-manager-command.ts';

export interface RunScriptOptions extends RunBuildCommandOptions {
  manager: DetectedPackageManager;
  /** Named in the error: a package that the project depends on. */
  where?: string;
}

export interface RunBuildScriptOptions extends RunScriptOptions {
  plan: BuildPlan;
  framework: FrameworkPlugin;
}

/**
 * Runs the project's build, if it has one.
 * @throws ProjectRunnerError `BUILD_FAILED`, `PACKAGE_MANAGER_NOT_INSTALLED`, `PLUGIN_INVALID`
 */
export async function runBuildScript(options: RunBuildScriptOptions): Promise<void> {
  const { plan, framework } = options;
  if (plan.script === undefined) options.onLine('No build script found');
  if (plan.script !== undefined) await runScript(plan.script, options);
  else if (plan.command) await runBuildTool(checkCommand(framework, 'build', plan.command), options);
}

/** Runs a script of package.json. @throws ProjectRunnerError `BUILD_FAILED`, `PACKAGE_MANAGER_NOT_INSTALLED`, `PLUGIN_INVALID` */
export async function runScript(script: string, options: RunScriptOptions): Promise<void> {
  const command = managerRun(options.manager, script);
  announce(command, options);
  throwIfFailed(await runManagerCommand(options.manager, command, production(options)), options);
}

/** Runs a program that may install by itself, so it gets the manager's settings as a script would. @throws ProjectRunnerError `BUILD_FAILED` */
export async function runBuildTool(command: Command, options: RunScriptOptions): Promise<void> {
  announce(command, options);
  const env = { ...managerRun(options.manager, 'build').env, ...command.env };
  throwIfFailed(await runBuildCommand({ ...command, env }, production(options)), options);
}

function production(options: RunScriptOptions): RunScriptOptions {
  return { ...options, env: { NODE_ENV: 'production', ...options.env } };
}

function managerRun({ plugin, version }: DetectedPackageManager, script: string): Command {
  const answer = callPlugin(plugin, 'run', () => plugin.run(script, [], version ? { version } : {}));
  return checkCommand(plugin, 'run', answer);
}

function announce({ file, args }: Command, { onLine }: RunBuildCommandOptions): void {
  onLine(`Building: ${[file, ...args].join(' ')}`);
}

function throwIfFailed(exit: ProcessExit, { where }: RunScriptOptions): void {
  if (exit.code === 0) return;
  const place = where === undefined ? '' : ` in ${where}`;
  throw new ProjectRunnerError('BUILD_FAILED', `Build failed with ${describeExit(exit)}${place}`, {
    hint: 'The last lines of the build log say why',
  });
}
