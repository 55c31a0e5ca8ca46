import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
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
import { checkManagerVersion } from '../build/manager-version.ts';
import { createSecretMask } from '../logs/secret-mask.ts';
import { askManager, whyNotAsked } from './ask-manager.ts';
import { buildEnv, planOf } from './explain-build.ts';
import type { FoundManager } from './explain-build.ts';
import type { ExplainedProject } from './explained-project.ts';
import type { ExplainedCache, ProjectExplanation } from './project-explanation.ts';

export interface CacheExplanation {
  cache: ExplainedCache | null;
  /** Why there is none; `null` otherwise. */
  reason: string | null;
  manager: FoundManager;
  problem: ProjectExplanation['problem'];
}

/** What the build is found again by, and whether it was made already. @throws the signal's reason; Error of the file system */
export async function explainCache(project: ExplainedProject): Promise<CacheExplanation> {
  const paths = pathsFor(project);
  const { identity, failure } = await identify(project, paths);
  const manager = foundManager(project, identity, failure);
  const problem = failure ? plain(failure) : versionProblem(project, manager.found);
  const reason = whyNone(project, identity);
  const cache = identity === null || reason !== null ? null : await describe(project, paths, identity);
  return { cache, reason, manager, problem };
}

function whyNone({ config, options }: ExplainedProject, identity: BuildIdentity | null): string | null {
  if (config.cache === null) return 'off by the configuration: it is built anew each time';
  if (options.cache === false) return 'not used: it is built anew';
  return identity === null ? 'not known without the package manager' : null;
}

async function describe(
  project: ExplainedProject,
  paths: CachePaths,
  { inputs, fingerprint, content }: BuildIdentity,
): Promise<ExplainedCache> {
  const { variables, ...parts } = inputs;
  const entries = await listEntries(paths, project.records.project.id);
  const isBuilt = entries.some((entry) => entry.fingerprint === fingerprint);
  const before = isBuilt ? undefined : entries[0];
  return {
    fingerprint,
    parts: { ...parts, variables: Object.keys(variables) },
    built: isBuilt,
    changes: before
      ? explainMiss(
          { inputs: before.inputs, files: await readSourceFiles(before) },
          { inputs, files: await content.hashes() },
        )
      : [],
  };
}

const noVersion = 'there, and does not tell its version';

/** Which version is there, or why that is not known. */
function foundManager(
  project: ExplainedProject,
  identity: BuildIdentity | null,
  failure: ProjectRunnerError | null,
): FoundManager {
  if (failure) {
    const reason = isMissing(failure) ? 'not there' : noVersion;
    return { found: null, reason };
  }
  const version = identity?.tools.packageManager ?? null;
  if (version === null)
    return { found: null, reason: 'not needed: nothing is installed, and no script is run' };
  return version === unknownVersion
    ? { found: null, reason: whyNotAsked(project) ?? noVersion }
    : { found: version, reason: null };
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

export function plain({ code, message, hint }: ProjectRunnerError): ProjectExplanation['problem'] {
  return { code, message, hint: hint ?? null };
}

interface Identified {
  /** `null` where it takes the package manager. */
  identity: BuildIdentity | null;
  /** What a build would fail of: the explanation of the rest is all the more of use. */
  failure: ProjectRunnerError | null;
}

async function identify(project: ExplainedProject, paths: CachePaths): Promise<Identified> {
  const { config, plugins, source, records, options, signal } = project;
  const request = { project: records.project, options };
  const variables = buildEnv(project);
  const secrets = buildSecrets(variables, request);
  let failure: ProjectRunnerError | null = null;
  // Without an install a build goes on to run the script, for which the program has to be there.
  const onUnanswered = (error: unknown): void => void (failure = isMissing(error) ? error : null);
  try {
    const identity = await identifyBuild({
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
      question: { ...askManager(project, variables.PATH), onUnanswered },
    });
    return { identity, failure };
  } catch (error) {
    if (isNotInstalled(error)) return { identity: null, failure: error };
    throw error;
  }
}

function isMissing(error: unknown): error is ProjectRunnerError {
  return isNotInstalled(error) && ProjectRunnerError.is(error.cause) && error.cause.code === 'SPAWN_FAILED';
}

function isNotInstalled(error: unknown): error is ProjectRunnerError {
  return ProjectRunnerError.is(error) && error.code === 'PACKAGE_MANAGER_NOT_INSTALLED';
}
