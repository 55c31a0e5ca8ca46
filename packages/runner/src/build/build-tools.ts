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

/** How a program that is not known is asked for its version. */
export interface ToolQuestion {
  /** The folder to ask in: what it holds may choose another version, and have code of the project run. */
  folder(): Promise<string>;
  /** @default the variables of the build */
  env?: Readonly<Record<string, string>>;
  /** Whether the package manager may be asked; otherwise its version is `unknown` where no build has asked. */
  mayAskManager: boolean;
  /** Whether the answer is that of a build, to be kept for the next one. */
  isKept: boolean;
  /** The package manager is not needed for an install, and did not answer. */
  onUnanswered?(error: unknown): void;
}

export interface BuildToolsOptions extends Omit<RunBuildCommandOptions, 'cwd'> {
  manager: DetectedPackageManager;
  plan: BuildPlan;
  skipInstall: boolean;
  projectDir: string;
  memory: string;
  question: ToolQuestion;
}

/** Stands for a version that could not be asked for. */
export const unknownVersion = 'unknown';

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
  if (!options.question.mayAskManager) return unknownVersion;
  const how = await asked(options);
  try {
    const version = await managerVersion(manager, { ...how, onLine: () => undefined });
    if (options.question.isKept) await rememberVersion(tool, version);
    return version;
  } catch (error) {
    // Without an install only the script has to run, and that may well work.
    if (!skipInstall || options.signal.aborted) throw error;
    options.question.onUnanswered?.(error);
    return unknownVersion;
  }
}

async function nodeVersion(options: BuildToolsOptions): Promise<string> {
  const tool = describeTool('node', options);
  const program = await findProgram('node', tool.path);
  if (program === null || program === (await findProgram(process.execPath, ''))) return process.version;
  const known = await knownVersion(tool);
  if (known !== null) return known;
  const lines: string[] = [];
  const onLine = (line: string): void => void lines.push(line);
  await runBuildCommand({ file: program, args: ['--version'] }, { ...(await asked(options)), onLine });
  const version = lines.find((line) => /^v\d+\./.test(line)) ?? unknownVersion;
  if (options.question.isKept) await rememberVersion(tool, version);
  return version;
}

async function asked({ question, ...options }: BuildToolsOptions): Promise<RunBuildCommandOptions> {
  return { ...options, cwd: await question.folder(), env: question.env ?? options.env };
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
