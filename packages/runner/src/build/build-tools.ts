import { join } from 'node:path';

import type { BuildPlan } from '@project-runner/core';

import { shortHash } from './cache/cache-paths.ts';
import { findProgram, knownVersion, rememberVersion } from './cache/tool-version.ts';
import type { ToolVersionOptions } from './cache/tool-version.ts';
import { readRegularFile } from '../detect/read-regular-file.ts';
import type { DetectedPackageManager } from '../detect/detect-package-manager.ts';
import { managerVersion, versionCommand } from './manager-version.ts';
import { runBuildCommand, withNodeOnPath } from './run-build-command.ts';
import type { RunBuildCommandOptions } from './run-build-command.ts';

/** Versions of what a build runs. */
export interface BuildTools {
  node: string;
  /** `null` where nothing of it is run. */
  packageManager: string | null;
}

export interface BuildToolsOptions extends Omit<RunBuildCommandOptions, 'cwd'> {
  manager: DetectedPackageManager;
  plan: BuildPlan;
  skipInstall: boolean;
  projectDir: string;
  memory: string;
  /** A copy of `manager.installDir`, for a program that is not known and has to be asked. */
  copiedInstallDir(): Promise<string>;
}

const maxBytes = 8 * 2 ** 20;
/** In the project, these tell wrappers of Node and package managers which version to run. */
const choosers = [
  'package.json',
  '.yarnrc.yml',
  '.yarnrc',
  '.npmrc',
  '.tool-versions',
  'mise.toml',
  '.mise.toml',
  '.node-version',
  '.nvmrc',
];

/**
 * Versions of Node and of the package manager, without running them where they are known.
 * @throws ProjectRunnerError `PACKAGE_MANAGER_NOT_INSTALLED`
 */
export async function buildTools(options: BuildToolsOptions): Promise<BuildTools> {
  return { node: await nodeVersion(options), packageManager: await packageManagerVersion(options) };
}

async function packageManagerVersion(options: BuildToolsOptions): Promise<string | null> {
  const { manager, plan, skipInstall } = options;
  if (skipInstall && plan.script === undefined) return null;
  const tool = describeTool(versionCommand(manager).file, options);
  const known = await knownVersion(tool);
  if (known !== null) return known;
  const cwd = await options.copiedInstallDir();
  try {
    const version = await managerVersion(manager, { ...options, cwd, onLine: () => undefined });
    await rememberVersion(tool, version);
    return version;
  } catch (error) {
    // Without an install only the script has to run, and that may well work.
    if (skipInstall && !options.signal.aborted) return 'unknown';
    throw error;
  }
}

async function nodeVersion(options: BuildToolsOptions): Promise<string> {
  const tool = describeTool('node', options);
  const program = await findProgram('node', tool.path);
  if (program === null || program === (await findProgram(process.execPath, ''))) return process.version;
  const known = await knownVersion(tool);
  if (known !== null) return known;
  const lines: string[] = [];
  const cwd = await options.copiedInstallDir();
  const onLine = (line: string): void => void lines.push(line);
  await runBuildCommand({ file: program, args: ['--version'] }, { ...options, cwd, onLine });
  const version = lines.find((line) => /^v\d+\./.test(line)) ?? 'unknown';
  await rememberVersion(tool, version);
  return version;
}

function describeTool(file: string, options: BuildToolsOptions): ToolVersionOptions {
  const { env, manager, projectDir, memory } = options;
  const texts = [...new Set([manager.installDir, projectDir])].flatMap((dir) =>
    choosers.map((name) => readText(join(dir, name))),
  );
  const context = shortHash(JSON.stringify([manager.plugin.name, manager.version ?? null, texts]));
  return { file, path: withNodeOnPath(env).PATH ?? '', context, memory };
}

function readText(file: string): string | null {
  try {
    return readRegularFile(file, maxBytes);
  } catch {
    return null;
  }
}
