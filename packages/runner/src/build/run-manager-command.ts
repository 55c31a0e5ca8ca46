import { pluginKey, ProjectRunnerError } from '@project-runner/core';
import type { Command, ProcessExit } from '@project-runner/core';

import type { DetectedPackageManager } from '../detect/detect-package-manager.ts';
import { withoutUserInfo } from '../without-user-info.ts';
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
    const problem = `the project uses ${nameOf(manager)} and there is no ${command.file} on PATH`;
    throw managerNotInstalled(manager, problem, error);
  }
}

export function managerNotInstalled(
  manager: DetectedPackageManager,
  problem: string,
  cause?: unknown,
  hint: string = `Install ${nameOf(manager)} on this machine and see that it is on PATH`,
): ProjectRunnerError {
  return new ProjectRunnerError('PACKAGE_MANAGER_NOT_INSTALLED', problem, {
    plugin: pluginKey(manager.plugin),
    hint,
    ...(cause ? { cause } : {}),
  });
}

/** With the version that the project asks for, if it does. */
export function nameOf({ plugin, version }: DetectedPackageManager): string {
  return version ? `${plugin.name} ${withoutUserInfo(version)}` : plugin.name;
}
