import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';

import { buildSecrets } from '../build/build-variables.ts';
import { listEntries, readSourceFiles } from '../build/cache/build-entry.ts';
import { cachePaths } from '../build/cache/cache-paths.ts';
import type { CachePaths } from '../build/cache/cache-paths.ts';
import { explainMiss } from '../build/cache/explain-miss.ts';
import { identifyBuild } from '../build/identify-build.ts';
import type { BuildIdentity } from '../build/identify-build.ts';
import { prepareSource } from '../build/prepare-source.ts';
import type { Snapshot } from '../build/prepare-source.ts';
import { createSecretMask } from '../logs/secret-mask.ts';
import { buildEnv, planOf } from './explain-build.ts';
import type { ExplainedProject } from './explained-project.ts';
import type { ExplainedCache } from './project-explanation.ts';

export interface CacheExplanation {
  /** `null`: the cache is off. */
  cache: ExplainedCache | null;
  /** The version of the package manager; `null` where it is not needed, or is not there. */
  found: string | null;
}

/** What the build is found again by, and whether it was made already. @throws the signal's reason; Error of the file system */
export async function explainCache(project: ExplainedProject): Promise<CacheExplanation> {
  const paths = pathsFor(project);
  const identity = await identify(project, paths);
  if (identity === null) return { cache: null, found: null };
  const found = identity.tools.packageManager;
  if (project.config.cache === null) return { cache: null, found };
  const { variables, ...parts } = identity.inputs;
  const entries = await listEntries(paths, project.records.project.id);
  const isBuilt = entries.some(({ fingerprint }) => fingerprint === identity.fingerprint);
  const before = isBuilt ? undefined : entries[0];
  return {
    found,
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

/** `null` where the package manager is not there: the explanation of the rest is all the more of use. */
async function identify(project: ExplainedProject, paths: CachePaths): Promise<BuildIdentity | null> {
  const { config, plugins, source, records, options, signal, temp, manager } = project;
  let copy: Promise<Snapshot> | undefined;
  const makeCopy = async (): Promise<Snapshot> => {
    const target = join(temp, 'copy');
    await mkdir(target);
    return prepareSource(source, target, signal);
  };
  const request = { project: records.project, options };
  const secrets = buildSecrets(buildEnv(project), request);
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
      copiedInstallDir: async () =>
        resolve((await (copy ??= makeCopy())).rootDir, relative(source.rootDir, manager.installDir)),
    });
  } catch (error) {
    if (isNotInstalled(error)) return null;
    throw error;
  }
}

function isNotInstalled(error: unknown): boolean {
  return ProjectRunnerError.is(error) && error.code === 'PACKAGE_MANAGER_NOT_INSTALLED';
}
