import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { CachePaths } from './cache-paths.ts';
import { readJson } from './read-json.ts';
import { writeWhole } from './write-whole.ts';

/** Builds that a deployment ran, the one it ran last at the end. A build stands in it once. */
interface DeployHistory {
  formatVersion: 1;
  builds: string[];
}

/** Nobody rolls back further. */
const maxBuilds = 100;

export async function readHistory(
  paths: CachePaths,
  projectId: string,
  deploymentId: string,
): Promise<readonly string[]> {
  const history = await readJson<DeployHistory>(fileOf(paths, projectId, deploymentId));
  const builds = history?.formatVersion === 1 && Array.isArray(history.builds) ? history.builds : [];
  return builds.filter((id) => typeof id === 'string');
}

/**
 * Notes that a deployment runs a build. One that it ran before makes what came after it undone: the next roll-back goes
 * further back, not forth again.
 * @throws Error of the file system
 */
export async function noteDeploy(
  paths: CachePaths,
  { projectId, deploymentId, buildId }: { projectId: string; deploymentId: string; buildId: string },
): Promise<void> {
  const before = await readHistory(paths, projectId, deploymentId);
  const at = before.indexOf(buildId);
  const builds = [...(at === -1 ? before : before.slice(0, at)), buildId].slice(-maxBuilds);
  const history: DeployHistory = { formatVersion: 1, builds };
  await writeWhole(fileOf(paths, projectId, deploymentId), JSON.stringify(history));
}

/** What the deployments of a project run, or ran last. `without`: deployments that do not count. */
export async function currentBuilds(
  paths: CachePaths,
  projectId: string,
  without: ReadonlySet<string> = new Set(),
): Promise<Set<string>> {
  const deployments = await readDeployments(paths, projectId);
  return new Set(deployments.flatMap(({ id, current }) => (without.has(id) ? [] : (current ?? []))));
}

export interface NotedDeployment {
  id: string;
  /** What it runs, or ran last. */
  current: string | undefined;
  /** In ms since 1970. */
  notedAt: number;
}

/** The deployments of a project that were ever deployed. */
export async function readDeployments(paths: CachePaths, projectId: string): Promise<NotedDeployment[]> {
  const names = await readdir(paths.deployments(projectId)).catch(() => []);
  const ids = names.flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? []);
  return Promise.all(
    ids.map(async (id) => {
      const builds = await readHistory(paths, projectId, id);
      const notedAt = await stat(fileOf(paths, projectId, id)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      );
      return { id, current: builds.at(-1), notedAt };
    }),
  );
}

/** The id was checked to be a file name when it was deployed. */
function fileOf(paths: CachePaths, projectId: string, deploymentId: string): string {
  return join(paths.deployments(projectId), `${deploymentId}.json`);
}
