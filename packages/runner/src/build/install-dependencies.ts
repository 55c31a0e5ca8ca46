import { callPlugin, pluginKey, ProjectRunnerError } from '@project-runner/core';
import type { Command, InstallOptions, ProcessExit } from '@project-runner/core';

import type { DetectedPackageManager } from '../detect/detect-package-manager.ts';
import { snapshotDirectory } from '../detect/snapshot-directory.ts';
import { runBuildCommand } from './run-build-command.ts';
import type { RunBuildCommandOptions } from './run-build-command.ts';

export interface InstallContext extends Omit<RunBuildCommandOptions, 'cwd'> {
  allowScripts: boolean;
}

/** Output kept to explain a failure. */
const keptOutput = 64 * 1024;

/**
 * Installs what the project needs, devDependencies included, exactly as the lockfile says where there is one.
 * @throws ProjectRunnerError `PACKAGE_MANAGER_NOT_INSTALLED`, `LOCKFILE_STALE`, `INSTALL_FAILED`
 */
export async function installDependencies(
  manager: DetectedPackageManager,
  context: InstallContext,
): Promise<void> {
  const { plugin, installDir } = manager;
  const version = await installedVersion(manager, context);
  const directory = snapshotDirectory(installDir);
  const options: InstallOptions = {
    frozen: manager.lockfile !== undefined,
    version,
    allowScripts: context.allowScripts,
    standalone: !callPlugin(plugin, 'workspacePatterns', () => plugin.workspacePatterns?.(directory)),
  };
  context.onLine(
    manager.lockfile
      ? `Installing dependencies with ${plugin.name} ${version} (frozen, ${manager.lockfile})`
      : `Installing dependencies with ${plugin.name} ${version} (no lockfile: versions may differ next time)`,
  );
  const command = callPlugin(plugin, 'install', () => plugin.install(options));
  let output = '';
  const exit = await runBuildCommand(command, {
    ...context,
    cwd: installDir,
    // `production` makes npm, yarn 1 and pnpm 9 leave out devDependencies, which builds need.
    env: { ...context.env, NODE_ENV: 'development' },
    onLine: (line) => {
      output = (output + line + '\n').slice(-keptOutput);
      context.onLine(line);
    },
  });
  if (exit.code !== 0) throw installFailure(manager, command, exit, output);
  const skipped = callPlugin(plugin, 'skippedScripts', () => plugin.skippedScripts?.(output)) ?? [];
  if (skipped.length > 0) {
    context.onLine(`Install scripts skipped: ${skipped.join(', ')} (allow them with allowInstallScripts)`);
  }
}

async function installedVersion(manager: DetectedPackageManager, context: InstallContext): Promise<string> {
  const { plugin, installDir } = manager;
  const { file, env = {} } = callPlugin(plugin, 'run', () => plugin.run('build', []));
  const lines: string[] = [];
  const asked = manager.version ? ` ${manager.version}` : '';
  try {
    const exit = await runBuildCommand(
      { file, args: ['--version'], env },
      { ...context, cwd: installDir, onLine: (line) => lines.push(line) },
    );
    const version = lines.map((line) => /^v?(\d+\.\d+\.\d+\S*)$/.exec(line.trim())?.[1]).find(Boolean);
    if (exit.code === 0 && version) return checkMajor(manager, version, context);
    throw notInstalled(
      manager,
      `\`${file} --version\` answered ${describeExit(exit)}: ${lines.at(-1) ?? ''}`,
    );
  } catch (error) {
    if (!ProjectRunnerError.is(error) || error.code !== 'SPAWN_FAILED') throw error;
    throw notInstalled(
      manager,
      `the project uses ${plugin.name}${asked} and there is no ${file} on PATH`,
      error,
    );
  }
}

/** Yarn 1 cannot install a Berry project nor the other way; for the rest another major usually works. */
function checkMajor(manager: DetectedPackageManager, found: string, context: InstallContext): string {
  const asked = /^\D*(\d+)/.exec(manager.version ?? '')?.[1];
  const major = found.split('.')[0];
  if (asked === undefined || asked === major) return found;
  const problem = `the project asks for ${manager.plugin.name} ${manager.version}, found is ${found}`;
  if (manager.plugin.name === 'yarn' && (asked === '1') !== (major === '1'))
    throw notInstalled(manager, problem);
  context.onLine(`Warning: ${problem}`);
  return found;
}

function notInstalled(manager: DetectedPackageManager, problem: string, cause?: unknown): ProjectRunnerError {
  const { plugin, version } = manager;
  return new ProjectRunnerError('PACKAGE_MANAGER_NOT_INSTALLED', problem, {
    plugin: pluginKey(plugin),
    hint: `Install ${plugin.name}${version ? ` ${version}` : ''} on this machine and see that it is on PATH`,
    ...(cause ? { cause } : {}),
  });
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

/** `exit code 1` or `signal SIGKILL`. */
export function describeExit(exit: ProcessExit): string {
  return exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
}
