import { callPlugin } from '@project-runner/core';
import type { Command } from '@project-runner/core';

import type { DetectedPackageManager } from '../detect/detect-package-manager.ts';
import { checkCommand } from './check-command.ts';
import { describeExit } from './describe-exit.ts';
import type { RunBuildCommandOptions } from './run-build-command.ts';
import { managerNotInstalled, nameOf, runManagerCommand } from './run-manager-command.ts';

/**
 * The version of the package manager that is there.
 * @throws ProjectRunnerError `PACKAGE_MANAGER_NOT_INSTALLED` where there is none, or one that cannot do it
 */
export async function managerVersion(
  manager: DetectedPackageManager,
  options: RunBuildCommandOptions,
): Promise<string> {
  const command = versionCommand(manager);
  const lines: string[] = [];
  const exit = await runManagerCommand(manager, command, { ...options, onLine: (line) => lines.push(line) });
  const version = lines.map((line) => /^v?(\d+\.\d+\.\d+\S*)$/.exec(line.trim())?.[1]).find(Boolean);
  if (exit.code === 0 && version) return version;
  const asked = [command.file, ...command.args].join(' ');
  const answer = `\`${asked}\` answered ${describeExit(exit)}: ${reasonIn(lines)}`;
  throw managerNotInstalled(manager, answer, undefined, hintFor(manager, asked, lines.join('\n')));
}

/** Below the error, a Node program that crashes prints its stack and the version of Node. */
function reasonIn(lines: readonly string[]): string {
  const error = lines.findLast((line) => /Error/.test(line) && !/^\s+at /.test(line));
  return (error ?? lines.at(-1) ?? '').trim();
}

/** The program is there: to install it would change nothing. */
function hintFor({ plugin }: DetectedPackageManager, asked: string, output: string): string {
  return /expected a semver version/.test(output)
    ? `Corepack takes one exact version: write "packageManager": "${plugin.name}@<version>" into package.json`
    : `See what \`${asked}\` says in the project`;
}

/** The command that prints the version. @throws ProjectRunnerError `PLUGIN_INVALID` */
export function versionCommand({ plugin }: DetectedPackageManager): Command {
  if (plugin.version) {
    return checkCommand(
      plugin,
      'version',
      callPlugin(plugin, 'version', () => plugin.version?.()),
    );
  }
  const run = callPlugin(plugin, 'run', () => plugin.run('build', []));
  return { ...checkCommand(plugin, 'run', run), args: ['--version'] };
}

/**
 * Yarn 1 cannot install a Berry project nor the other way; for the rest another major usually works.
 * @throws ProjectRunnerError `PACKAGE_MANAGER_NOT_INSTALLED`
 */
export function checkManagerVersion(
  manager: DetectedPackageManager,
  found: string,
  onLine: (line: string) => void,
): void {
  const asked = /^\D*(\d+)/.exec(manager.version ?? '')?.[1];
  const major = found.split('.')[0];
  if (asked === undefined || asked === major) return;
  const problem = `the project asks for ${nameOf(manager)}, found is ${found}`;
  if (manager.plugin.name === 'yarn' && (asked === '1') !== (major === '1'))
    throw managerNotInstalled(manager, problem);
  onLine(`Warning: ${problem}`);
}
