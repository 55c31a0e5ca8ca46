import { callPlugin, ProjectRunnerError } from '@project-runner/core';
import type { BuildPlan, Command, FrameworkPlugin, ProcessExit } from '@project-runner/core';

import type { DetectedPackageManager } from '../detect/detect-package-manager.ts';
import { checkCommand } from './check-command.ts';
import { describeExit } from './describe-exit.ts';
import { runBuildCommand } from './run-build-command.ts';
import type { RunBuildCommandOptions } from './run-build-command.ts';
import { runManagerCommand } from './run-manager-command.ts';

export interface RunBuildScriptOptions extends RunBuildCommandOptions {
  plan: BuildPlan;
  framework: FrameworkPlugin;
  manager: DetectedPackageManager;
}

/**
 * Runs the project's build, if it has one.
 * @throws ProjectRunnerError `BUILD_FAILED`, `PACKAGE_MANAGER_NOT_INSTALLED`, `PLUGIN_INVALID`
 */
export async function runBuildScript(options: RunBuildScriptOptions): Promise<void> {
  const { plan, manager } = options;
  if (plan.script === undefined) options.onLine('No build script found');
  const production = { ...options, env: { NODE_ENV: 'production', ...options.env } };
  if (plan.script !== undefined) {
    const command = managerRun(manager, plan.script);
    announce(command, options);
    throwIfFailed(await runManagerCommand(manager, command, production));
  } else if (plan.command) {
    const command = frameworkCommand(options, plan.command);
    announce(command, options);
    throwIfFailed(await runBuildCommand(command, production));
  }
}

function managerRun({ plugin, version }: DetectedPackageManager, script: string): Command {
  const answer = callPlugin(plugin, 'run', () => plugin.run(script, [], version ? { version } : {}));
  return checkCommand(plugin, 'run', answer);
}

/** A framework's build may install by itself, so it gets the manager's settings as a script would. */
function frameworkCommand({ framework, manager }: RunBuildScriptOptions, answer: Command): Command {
  const command = checkCommand(framework, 'build', answer);
  return { ...command, env: { ...managerRun(manager, 'build').env, ...command.env } };
}

function announce({ file, args }: Command, { onLine }: RunBuildCommandOptions): void {
  onLine(`Building: ${[file, ...args].join(' ')}`);
}

function throwIfFailed(exit: ProcessExit): void {
  if (exit.code === 0) return;
  throw new ProjectRunnerError('BUILD_FAILED', `Build failed with ${describeExit(exit)}`, {
    hint: 'The last lines of the build log say why',
  });
}
