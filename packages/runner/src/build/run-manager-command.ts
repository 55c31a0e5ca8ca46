import { pluginKey, ProjectRunnerError } from '@project-runner/core';
import type { Command, ProcessExit } from '@project-runner/core';

import type { DetectedPackageManager } from '../detect/detect-package-manager.ts';
import { runBuildCommand } from './run-build-command.ts';
import type { RunBuildCommandOptions } from './run-build-command.ts';

/**
 * Runs a command of the package manager itself.
 * @throws ProjectRunnerError `PACKAGE_MANAGER_NOT_INSTALLED` where the program is not there
 * @throws the signal's reason when it aborts
 */
export async function runManagerCommand(
  manager: DetectedPackageManager,
  command: Command,
  options: RunBuildCommandOptions,
): Promise<ProcessExit> {
  try {
    return await runBuildCommand(command, options);
  } catch (error) {
    if (!ProjectRunnerError.is(error) || error.code !== 'SPAWN_FAILED') throw error;
    const { plugin, version } = manager;
    const asked = version ? ` ${version}` : '';
    const problem = `the project uses ${plugin.name}${asked} and there is no ${command.file} on PATH`;
    throw managerNotInstalled(manager, problem, error);
  }
}

export function managerNotInstalled(
  { plugin, version }: DetectedPackageManager,
  problem: string,
  cause?: unknown,
  hint: string = `Install ${plugin.name}${version ? ` ${version}` : ''} on this machine and see that it is on PATH`,
): ProjectRunnerError {
  return new ProjectRunnerError('PACKAGE_MANAGER_NOT_INSTALLED', problem, {
    plugin: pluginKey(plugin),
    hint,
    ...(cause ? { cause } : {}),
  });
}
