import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';

import { buildSecrets } from '../build/build-variables.ts';
import { listEntries, readSourceFiles } from '../build/cache/build-entry.ts';
import { cachePaths } from '../build/cache/cache-paths.ts';
import type { CachePaths } from '../build/cache/cache-paths.ts';
import { explainMiss } from '../build/cache/explain-miss.ts';
import { identifyBuild } from '../build/identify-build.ts';
import type { BuildIdentity } from '../build/identify-build.ts';
import { unknownVersion } from '../build/build-tools.ts';
import type { ToolQuestion } from '../build/build-tools.ts';
import { snapshotDirectory } from '../detect/snapshot-directory.ts';
import { buildEnvironment } from '../environment/base-environment.ts';
import { checkManagerVersion } from '../build/manager-version.ts';
import { createSecretMask } from '../logs/secret-mask.ts';
import { buildEnv, planOf } from './explain-build.ts';
import type { ExplainedProject } from './explained-project.ts';
import type { ExplainedCache, ProjectExplanation } from './project-explanation.ts';

export interface CacheExplanation {
  /** `null`: the cache is off. */
  cache: ExplainedCache | null;
  /** The version of the package manager; `null` where it is not needed, is not there, or only code of the project tells it. */
  found: string | null;
  problem: ProjectExplanation['problem'];
}

/** What the build is found again by, and whether it was made already. @throws the signal's reason; Error of the file system */
export async function explainCache(project: ExplainedProject): Promise<CacheExplanation> {
  const paths = pathsFor(project);
  const identity = await identify(project, paths);
  if (ProjectRunnerError.is(identity)) return { cache: null, found: null, problem: plain(identity) };
  const { packageManager } = identity.tools;
  const found = packageManager === unknownVersion ? null : packageManager;
  const problem = versionProblem(project, found);
  if (project.config.cache === null) return { cache: null, found, problem };
  const { variables, ...parts } = identity.inputs;
  const entries = await listEntries(paths, project.records.project.id);
  const isBuilt = entries.some(({ fingerprint }) => fingerprint === identity.fingerprint);
  const before = isBuilt ? undefined : entries[0];
  return {
    found,
    problem,
    cache: {
      fingerprint: identity.fingerprint,
      parts: { ...parts, variables: Object.keys(variables) },
      built: isBuilt,
      changes: before
        ? explainMiss(
            { inputs: before.inputs, files: await readSourceFiles(before) },
            { inputs: identity.inputs, files: await identity.content.hashes() },
          )
        : [],
    },
  };
}

/** Where nothing was ever built, nothing is written down for it either. */
function pathsFor({ config, temp }: ExplainedProject): CachePaths {
  const paths = cachePaths(config.buildDir);
  return existsSync(paths.root) ? paths : cachePaths(join(temp, 'builds'));
}

/** What an install would refuse. */
function versionProblem(
  { manager, options }: ExplainedProject,
  found: string | null,
): ProjectExplanation['problem'] {
  if (found === null || options.skipInstall) return null;
  try {
    checkManagerVersion(manager, found, () => undefined);
    return null;
  } catch (error) {
    if (isNotInstalled(error)) return plain(error);
    throw error;
  }
}

function plain({ code, message, hint }: ProjectRunnerError): ProjectExplanation['problem'] {
  return { code, message, hint: hint ?? null };
}

/** The error where the package manager is not there: the explanation of the rest is all the more of use. */
async function identify(
  project: ExplainedProject,
  paths: CachePaths,
): Promise<BuildIdentity | ProjectRunnerError> {
  const { config, plugins, source, records, options, signal } = project;
  const request = { project: records.project, options };
  const variables = buildEnv(project);
  const secrets = buildSecrets(variables, request);
  try {
    return await identifyBuild({
      work: {
        config,
        plugins,
        request,
        signal,
        secrets,
        id: `explain-${randomUUID()}`,
        mask: createSecretMask([...secrets.values()]),
        log: { line: () => undefined },
      },
      paths,
      source,
      detected: project,
      plan: planOf(project),
      question: question(project, variables.PATH),
    });
  } catch (error) {
    if (isNotInstalled(error)) return error;
    throw error;
  }
}

/**
 * Files of a project can have a package manager run code of the project (`yarn-path` of yarn 1), which is for a build to
 * do: asked in a folder that only names the wanted version, without the variables of the user. An answer that may differ
 * from a build's is not kept.
 */
function question(project: ExplainedProject, path: string | undefined): ToolQuestion {
  const { temp, manager } = project;
  const folder = async (): Promise<string> => {
    const dir = await mkdtemp(join(temp, 'ask-'));
    const { plugin, version } = manager;
    // A version may also be an address, which the like of corepack would fetch and run.
    if (version !== undefined && /^\d+\.\d+\.\d+$/.test(version)) {
      const manifest = { packageManager: `${plugin.name}@${version}` };
      await writeFile(join(dir, 'package.json'), JSON.stringify(manifest));
    }
    return dir;
  };
  const env = { ...buildEnvironment(), ...(path === undefined ? {} : { PATH: path }) };
  return { folder, env, mayAskManager: !bringsItsOwn(project), isKept: false };
}

/** A yarn in the repository, which only running it tells the version of. */
function bringsItsOwn({ source, manager }: ExplainedProject): boolean {
  return [manager.installDir, source.projectDir].some((dir) => {
    const { read } = snapshotDirectory(dir);
    return ['.yarnrc', '.yarnrc.yml'].some((name) => /^\W*yarn-?path\W/im.test(read(name) ?? ''));
  });
}

function isNotInstalled(error: unknown): error is ProjectRunnerError {
  return ProjectRunnerError.is(error) && error.code === 'PACKAGE_MANAGER_NOT_INSTALLED';
}
