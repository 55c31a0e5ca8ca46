import { join } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import type { Build, Deployment, Logger, Project, ReleaseInfo } from '@project-runner/core';

import { cachePaths } from './cache/cache-paths.ts';
import { usedContents } from './cache/content-uses.ts';
import { currentBuilds, noteDeploy, readHistory } from './cache/deploy-history.ts';
import { readReleases, releaseDir } from './release.ts';
import type { Release } from './release.ts';

export interface ReleasesOptions {
  buildDir: string;
  logger: Logger;
}

/** What can be deployed, and what was. */
export interface Releases {
  /** The newest first. */
  list(project: Pick<Project, 'id'>): Promise<ReleaseInfo[]>;
  /** Notes what a deployment runs from now on. Never rejects. */
  deployed(
    project: Pick<Project, 'id'>,
    deployment: Pick<Deployment, 'id'>,
    build: Pick<Build, 'id'>,
  ): Promise<void>;
  /**
   * The build that a deployment ran before the one it runs, as far as its release is kept.
   * @throws ProjectRunnerError `RELEASE_MISSING`
   */
  previous(project: Pick<Project, 'id'>, deployment: Deployment): Promise<Build>;
}

export function createReleases({ buildDir, logger }: ReleasesOptions): Releases {
  const paths = cachePaths(buildDir);
  const read = async (projectId: string): Promise<Release[]> => {
    // Checks the id.
    releaseDir(buildDir, projectId, 'any');
    return readReleases(join(buildDir, projectId));
  };
  return {
    async list({ id }) {
      const releases = await read(id);
      const used = new Set([...usedContents(paths, id).builds, ...(await currentBuilds(paths, id))]);
      return releases.map((release) => describe(release, used.has(release.buildId)));
    },
    async deployed({ id: projectId }, { id: deploymentId }, { id: buildId }) {
      try {
        await noteDeploy(paths, { projectId, deploymentId, buildId });
      } catch (error) {
        logger.warn(`It could not be noted that deployment ${deploymentId} runs build ${buildId}`, error);
      }
    },
    async previous(project, deployment) {
      const kept = await read(project.id);
      const history = await readHistory(paths, project.id, deployment.id);
      const before = history.length > 0 ? history.slice(0, -1) : builtBefore(kept, deployment);
      const found = before.findLast((buildId) => kept.some((release) => release.buildId === buildId));
      if (found !== undefined) return buildOf(found, deployment);
      throw new ProjectRunnerError(
        'RELEASE_MISSING',
        `there is no earlier release of deployment ${deployment.id} to go back to`,
        { hint: 'Raise keepReleases to keep more of them, or deploy one that listReleases names' },
      );
    },
  };
}

/** For deployments that were last deployed when nobody took notes: the oldest first, without the current one. */
function builtBefore(newestFirst: readonly Release[], { id, currentBuildId }: Deployment): string[] {
  const own = newestFirst.filter(({ deploymentId }) => deploymentId === id).map(({ buildId }) => buildId);
  const current = currentBuildId === null ? 0 : own.indexOf(currentBuildId);
  return own.slice(current + 1).toReversed();
}

function buildOf(id: string, deployment: Deployment): Build {
  const now = new Date();
  return {
    id,
    deploymentId: deployment.id,
    trigger: 'rollback',
    triggeredBy: null,
    commitSha: null,
    commitMessage: null,
    status: 'succeeded',
    logs: '',
    queuedAt: now,
    startedAt: now,
    completedAt: now,
    errorMessage: null,
  };
}

function describe(release: Release, inUse: boolean): ReleaseInfo {
  const { projectId, buildId, framework, projectDir, packageManager } = release;
  return {
    projectId,
    buildId,
    deploymentId: release.deploymentId ?? null,
    framework,
    entry: release.entry ?? null,
    projectDir,
    packageManager,
    versions: release.versions ?? { node: null, packageManager: null },
    fingerprint: release.fingerprint ?? null,
    cachedFrom: release.cachedFrom ?? null,
    durations: release.durations ?? {},
    size: release.size ?? null,
    createdAt: new Date(release.createdAt),
    inUse,
  };
}
