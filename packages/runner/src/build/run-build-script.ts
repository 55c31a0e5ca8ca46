import { callPlugin, ProjectRunnerError } from '@project-runner/core';
import type { BuildPlan, Command } from '@project-runner/core';

import type { DetectedPackageManager } from '../detect/detect-package-manager.ts';
import { describeExit } from './install-dependencies.ts';
import { runBuildCommand } from './run-build-command.ts';
import type { RunBuildCommandOptions } from './run-build-command.ts';

/**
 * Runs the project's build, if it has one.
 * @throws ProjectRunnerError `BUILD_FAILED`
 */
export async function runBuildScript(
  plan: BuildPlan,
  manager: DetectedPackageManager,
  options: RunBuildCommandOptions,
): Promise<void> {
  const command = buildCommand(plan, manager);
  if (!plan.script) options.onLine('No build script found');
  if (!command) return;
  options.onLine(`Building: ${[command.file, ...command.args].join(' ')}`);
  const exit = await runBuildCommand(command, {
    ...options,
    env: { NODE_ENV: 'production', ...options.env },
  });
  if (exit.code === 0) return;
  const why = exit.signal === null ? `exit code ${exit.code}` : describeExit(exit);
  throw new ProjectRunnerError('BUILD_FAILED', `Build failed with ${why}`, {
    hint: 'The last lines of the build log say why',
  });
}

function buildCommand(plan: BuildPlan, manager: DetectedPackageManager): Command | undefined {
  const { script } = plan;
  if (script === undefined) return plan.command;
  const options = manager.version ? { version: manager.version } : {};
  return callPlugin(manager.plugin, 'run', () => manager.plugin.run(script, [], options));
}
