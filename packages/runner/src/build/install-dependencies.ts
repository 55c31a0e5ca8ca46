import { callPlugin, pluginKey, ProjectRunnerError } from '@project-runner/core';
import type { Command, InstallOptions, ProcessExit } from '@project-runner/core';

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
  const command = installCommand(manager, version, context.allowScripts);
  const tail = createLineTail(kept);
  const exit = await runManagerCommand(manager, command, {
    ...context,
    cwd: installDir,
    // `production` makes npm, yarn 1 and pnpm 9 leave out devDependencies, which builds need.
    env: { ...context.env, NODE_ENV: 'development' },
    onLine: (line) => {
      tail.push(line);
      context.onLine(line);
    },
  });
  const output = tail.read().text;
  if (exit.code !== 0) throw installFailure(manager, command, exit, output);
  const folders = [...new Set([installDir, context.projectDir])];
  const skipped = skippedScriptsLine({ plugin, command, output, folders });
  if (skipped) context.onLine(skipped);
}

function installCommand(manager: DetectedPackageManager, version: string, allowScripts: boolean): Command {
  const { plugin, installDir, lockfile } = manager;
  const directory = snapshotDirectory(installDir);
  const options: InstallOptions = {
    frozen: lockfile !== undefined,
    version,
    allowScripts,
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
  const failure = callPlugin(plugin, 'explainFailure', () => plugin.explainFailure?.(output));
  const stale = failure?.reason === 'stale-lockfile';
  const what = stale
    ? `${manager.lockfile ?? 'the lockfile'} does not fit package.json`
    : `${command.file} ${command.args.join(' ')} ended with ${describeExit(exit)}`;
  return new ProjectRunnerError(
    stale ? 'LOCKFILE_STALE' : 'INSTALL_FAILED',
    `Dependency installation failed: ${what}`,
    {
      plugin: pluginKey(plugin),
      ...(failure?.fix ? { hint: `Run \`${failure.fix}\` in the project and commit the lockfile` } : {}),
    },
  );
}
