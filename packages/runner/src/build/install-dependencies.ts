import { callPlugin, pluginKey, ProjectRunnerError } from '@project-runner/core';
import type { Command, InstallFailure, InstallOptions, ProcessExit } from '@project-runner/core';

import type { DetectedPackageManager } from '../detect/detect-package-manager.ts';
import { snapshotDirectory } from '../detect/snapshot-directory.ts';
import { checkCommand } from './check-command.ts';
import { describeExit } from './describe-exit.ts';
import { createLineTail } from './line-tail.ts';
import { checkManagerVersion, managerVersion } from './manager-version.ts';
import type { RunBuildCommandOptions } from './run-build-command.ts';
import { runManagerCommand } from './run-manager-command.ts';
import { skippedScriptsLine } from './skipped-scripts.ts';

export interface InstallContext extends Omit<RunBuildCommandOptions, 'cwd'> {
  projectDir: string;
  allowScripts: boolean;
  /** Of the package manager; `null`: it is asked. */
  version: string | null;
}

/** Output kept to explain a failure. */
const kept = { lines: Infinity, chars: 64 * 1024 };

/**
 * Installs what the project needs, devDependencies included, exactly as the lockfile says where there is one.
 * @throws ProjectRunnerError `PACKAGE_MANAGER_NOT_INSTALLED`, `LOCKFILE_STALE`, `INSTALL_FAILED`, `PLUGIN_INVALID`
 */
export async function installDependencies(
  manager: DetectedPackageManager,
  context: InstallContext,
): Promise<void> {
  const { plugin, installDir } = manager;
  const version = context.version ?? (await managerVersion(manager, { ...context, cwd: installDir }));
  checkManagerVersion(manager, version, context.onLine);
  context.onLine(
    manager.lockfile
      ? `Installing dependencies with ${plugin.name} ${version} (frozen, ${manager.lockfile})`
      : `Installing dependencies with ${plugin.name} ${version} (no lockfile: versions may differ next time)`,
  );
  const first = await runInstall(manager, context, { version, fresh: false });
  const isStale = first.exit.code !== 0 && explain(manager, first.output)?.reason === 'stale-cache';
  if (isStale)
    context.onLine(`What ${plugin.name} has cached is too old: installing again, from the registry`);
  const { command, exit, output } = isStale
    ? await runInstall(manager, context, { version, fresh: true })
    : first;
  if (exit.code !== 0) throw installFailure(manager, command, exit, output);
  const folders = [...new Set([installDir, context.projectDir])];
  const skipped = skippedScriptsLine({ plugin, command, output, folders });
  if (skipped) context.onLine(skipped);
}

interface InstallRun {
  command: Command;
  exit: ProcessExit;
  /** The end of what it printed. */
  output: string;
}

async function runInstall(
  manager: DetectedPackageManager,
  context: InstallContext,
  how: Pick<InstallOptions, 'version' | 'fresh'>,
): Promise<InstallRun> {
  const command = installCommand(manager, { ...how, allowScripts: context.allowScripts });
  const tail = createLineTail(kept);
  const exit = await runManagerCommand(manager, command, {
    ...context,
    cwd: manager.installDir,
    // `production` makes npm, yarn 1 and pnpm 9 leave out devDependencies, which builds need.
    env: { ...context.env, NODE_ENV: 'development' },
    onLine: (line) => {
      tail.push(line);
      context.onLine(line);
    },
  });
  return { command, exit, output: tail.read().text };
}

function explain({ plugin }: DetectedPackageManager, output: string): InstallFailure | null {
  return callPlugin(plugin, 'explainFailure', () => plugin.explainFailure?.(output)) ?? null;
}

function installCommand(
  manager: DetectedPackageManager,
  how: Pick<InstallOptions, 'version' | 'fresh' | 'allowScripts'>,
): Command {
  const { plugin, installDir, lockfile } = manager;
  const directory = snapshotDirectory(installDir);
  const options: InstallOptions = {
    ...how,
    frozen: lockfile !== undefined,
    standalone: !callPlugin(plugin, 'workspacePatterns', () => plugin.workspacePatterns?.(directory)),
  };
  return checkCommand(
    plugin,
    'install',
    callPlugin(plugin, 'install', () => plugin.install(options)),
  );
}

function installFailure(
  manager: DetectedPackageManager,
  command: Command,
  exit: ProcessExit,
  output: string,
): ProjectRunnerError {
  const { plugin } = manager;
  const failure = explain(manager, output);
  const stale = failure?.reason === 'stale-lockfile';
  const what = stale
    ? `${manager.lockfile ?? 'the lockfile'} does not fit package.json`
    : `${command.file} ${command.args.join(' ')} ended with ${describeExit(exit)}`;
  const detail = failure?.detail === undefined ? '' : `: ${failure.detail}`;
  return new ProjectRunnerError(
    stale ? 'LOCKFILE_STALE' : 'INSTALL_FAILED',
    `Dependency installation failed: ${what}${detail}`,
    { plugin: pluginKey(plugin), hint: hintOf(failure) },
  );
}

function hintOf(failure: InstallFailure | null): string {
  if (!failure?.fix) return 'The last lines of the build log say why';
  const run = `Run \`${failure.fix}\` in the project and commit the lockfile`;
  return failure.reason === 'stale-lockfile'
    ? `${run}; if that changes nothing, delete the lockfile and node_modules first`
    : run;
}
