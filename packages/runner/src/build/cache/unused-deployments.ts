import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Release } from '../release.ts';
import { shortHash } from './cache-paths.ts';
import type { CachePaths } from './cache-paths.ts';
import { readDeployments } from './deploy-history.ts';

export interface UnusedDeploymentsOptions {
  paths: CachePaths;
  projectId: string;
  releases: readonly Release[];
  /** That a server runs, or is recorded with. */
  usedBuilds: ReadonlySet<string>;
  /** Those that were found unused before that go, in ms since 1970. */
  unusedSince: number;
}

interface KnownDeployment {
  builds: string[];
  /** Its last build or deploy, in ms since 1970. */
  changedAt: number;
}

/**
 * Deployments whose releases go, because for so long no server used one of them, and nothing was built or deployed. The
 * time counts from the first look that found it so, of which a stamp is kept: when its last server ended, nobody noted.
 * @throws Error of the file system
 */
export async function unusedDeployments(options: UnusedDeploymentsOptions): Promise<Set<string>> {
  const { paths, projectId, usedBuilds, unusedSince } = options;
  if (unusedSince === -Infinity) return new Set();
  const dir = paths.unused(projectId);
  const stamps = new Set(await readdir(dir).catch(() => []));
  const unused = new Set<string>();
  for (const [id, { builds, changedAt }] of await knownDeployments(options)) {
    const stamp = shortHash(id);
    const isUsed = builds.some((build) => usedBuilds.has(build));
    const foundAt = stamps.has(stamp) ? await changedAtOf(join(dir, stamp)) : null;
    if (isUsed) continue;
    // From now on it is none that may go.
    stamps.delete(stamp);
    if (foundAt === null || foundAt < changedAt) await writeStamp(dir, stamp);
    else if (foundAt < unusedSince) unused.add(id);
  }
  for (const stamp of stamps) await rm(join(dir, stamp), { force: true });
  return unused;
}

/** What is left of those whose releases are gone. @throws Error of the file system */
export async function forgetDeployments(
  paths: CachePaths,
  projectId: string,
  ids: ReadonlySet<string>,
): Promise<void> {
  for (const id of ids) {
    await rm(join(paths.deployments(projectId), `${id}.json`), { force: true });
    await rm(join(paths.unused(projectId), shortHash(id)), { force: true });
  }
}

async function knownDeployments({
  paths,
  projectId,
  releases,
}: UnusedDeploymentsOptions): Promise<Map<string, KnownDeployment>> {
  const known = new Map<string, KnownDeployment>();
  const note = (id: string, build: string | undefined, at: number): void => {
    const { builds, changedAt } = known.get(id) ?? { builds: [], changedAt: 0 };
    known.set(id, {
      builds: [...builds, ...(build === undefined ? [] : [build])],
      changedAt: Math.max(changedAt, at),
    });
  };
  // Those of earlier runners do not say whose they are.
  for (const { deploymentId, buildId, createdAt } of releases)
    if (deploymentId) note(deploymentId, buildId, Date.parse(createdAt) || 0);
  for (const { id, current, notedAt } of await readDeployments(paths, projectId)) note(id, current, notedAt);
  return known;
}

async function writeStamp(dir: string, name: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await writeFile(join(dir, name), '', { mode: 0o600 });
}

async function changedAtOf(file: string): Promise<number | null> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => null,
  );
}
