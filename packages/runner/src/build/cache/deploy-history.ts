import { readdir } from 'node:fs/promises';
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

/** What the deployments of a project run, or ran last. */
export async function currentBuilds(paths: CachePaths, projectId: string): Promise<Set<string>> {
  const names = await readdir(paths.deployments(projectId)).catch(() => []);
  const ids = names.flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? []);
  const histories = await Promise.all(ids.map((id) => readHistory(paths, projectId, id)));
  return new Set(histories.flatMap((builds) => builds.at(-1) ?? []));
}

/** The id was checked to be a file name when it was deployed. */
function fileOf(paths: CachePaths, projectId: string, deploymentId: string): string {
  return join(paths.deployments(projectId), `${deploymentId}.json`);
}
