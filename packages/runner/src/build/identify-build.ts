import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';

import { pluginKey } from '@project-runner/core';
import type { BuildPlan } from '@project-runner/core';

import { buildEnvironment } from '../environment/base-environment.ts';
import { readProjectOptions } from '../project-options/read-project-options.ts';
import { buildTools } from './build-tools.ts';
import type { BuildTools, ToolQuestion } from './build-tools.ts';
import { buildVariables } from './build-variables.ts';
import { fingerprintOf } from './cache/build-inputs.ts';
import type { BuildInputs } from './cache/build-inputs.ts';
import type { CachePaths } from './cache/cache-paths.ts';
import { hashPlugins } from './cache/hash-plugins.ts';
import { hashTree } from './cache/hash-tree.ts';
import type { TreeContent } from './cache/hash-tree.ts';
import { hashVariables, readHashKey } from './cache/hash-variables.ts';
import { platformName } from './cache/platform-name.ts';
import { readCommit } from './cache/read-commit.ts';
import { runnerVersion } from './cache/runner-version.ts';
import type { DetectedProject } from './detect-project.ts';
import type { LocatedSource } from './locate-source.ts';
import { lookAtSource } from './look-at-source.ts';
import type { ReleaseWork } from './make-release.ts';

/** What a build is made of: two with one fingerprint are the same build. */
export interface BuildIdentity {
  inputs: BuildInputs;
  fingerprint: string;
  content: TreeContent;
  tools: BuildTools;
}

/** As much of a build as is needed to know it. */
export interface IdentifyWork extends Pick<
  ReleaseWork,
  'config' | 'plugins' | 'signal' | 'secrets' | 'id' | 'mask'
> {
  request: Pick<ReleaseWork['request'], 'project' | 'options'>;
  log: Pick<ReleaseWork['log'], 'line'>;
}

export interface IdentifyBuildOptions {
  work: IdentifyWork;
  paths: CachePaths;
  source: LocatedSource;
  detected: DetectedProject;
  plan: BuildPlan;
  question: ToolQuestion;
}

/** @throws ProjectRunnerError `PACKAGE_MANAGER_NOT_INSTALLED`; Error of the file system */
export async function identifyBuild(options: IdentifyBuildOptions): Promise<BuildIdentity> {
  const { work, paths, source, detected, plan } = options;
  const { config, request, signal, secrets } = work;
  const content = await hashSource(source, paths, signal);
  const variables = buildVariables(config, request, plan.env);
  const tools = await findTools(options, variables);
  const key = await readHashKey(paths.key);
  const { manager, framework } = detected;
  const inputs: BuildInputs = {
    format: 1,
    source: content.digest,
    commit: source.isOurs ? await readCommit(source.treeDir) : null,
    projectPath: relative(source.treeDir, source.projectDir).split(sep).join('/'),
    leftOut: await leftOutOf(source),
    lockfile: manager.lockfile ?? null,
    packageManager: manager.plugin.name,
    packageManagerVersion: tools.packageManager,
    node: tools.node,
    platform: platformName(),
    framework: framework.name,
    plugins: hashPlugins([framework, manager.plugin]),
    projectOptions: optionsThatBuild(options),
    runner: runnerVersion,
    buildCommand: buildCommand(plan),
    allowInstallScripts: config.allowInstallScripts,
    skipInstall: request.options?.skipInstall ?? false,
    secretsInOutput: request.options?.secretsInOutput ?? config.secretsInOutput,
    secretNames: [...secrets.keys()].sort(),
    variables: hashVariables(variables, buildEnvironment(), key),
  };
  return { inputs, fingerprint: fingerprintOf(inputs), content, tools };
}

async function hashSource(
  { treeDir, entries, skip, isOurs }: LocatedSource,
  { sourceMemory }: CachePaths,
  signal: AbortSignal,
): Promise<TreeContent> {
  // A copy is always new: what is remembered of it would never be read again.
  const kinds = isOurs ? null : skip('node_modules', 'node_modules', true);
  const content = await hashTree(treeDir, entries, {
    signal,
    memory: kinds === null ? null : sourceMemory(`${treeDir}\0${kinds}`),
  });
  // Where they lead depends on where the tree is.
  const isPlaced = entries.some(({ kind, stamp }) => kind === 'link' && isAbsolute(stamp));
  return isPlaced ? { ...content, digest: `${content.digest} in ${treeDir}` } : content;
}

async function findTools(
  { work, paths, source, detected, plan, question }: IdentifyBuildOptions,
  variables: Readonly<Record<string, string>>,
): Promise<BuildTools> {
  return buildTools({
    launcher: work.plugins.one('launcher'),
    id: work.id,
    signal: work.signal,
    mask: work.mask,
    onLine: work.log.line,
    env: variables,
    manager: detected.manager,
    plan,
    skipInstall: work.request.options?.skipInstall ?? false,
    projectDir: source.projectDir,
    memory: paths.tools,
    question,
  });
}

/** The same package.json says more or less, by what the host allows. */
function optionsThatBuild({ work, source, detected }: IdentifyBuildOptions): Record<string, string> {
  const seen = lookAtSource(source.projectDir, source.rootDir, source);
  const set = readProjectOptions(seen, work.config.projectOptions);
  const keys = [detected.framework, detected.manager.plugin].map(pluginKey);
  return Object.fromEntries(
    keys.flatMap((key) =>
      Object.entries(set[key] ?? {}).map(([name, value]) => [`${key}.${name}`, JSON.stringify(value)]),
    ),
  );
}

/** Their manifests become part of the copy where the package manager wants to see them. */
async function leftOutOf({ treeDir, leftOut, needsStubs }: LocatedSource): Promise<string[]> {
  if (!needsStubs) return [...leftOut];
  return Promise.all(
    leftOut.map(async (member) => {
      const text = await readFile(join(treeDir, member, 'package.json'), 'utf8');
      return `${member} ${createHash('sha256').update(text).digest('hex')}`;
    }),
  );
}

function buildCommand({ script, command }: BuildPlan): string | null {
  if (script !== undefined) return `script ${script}`;
  return command ? [command.file, ...command.args].join(' ') : null;
}
