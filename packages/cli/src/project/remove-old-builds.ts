import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { readLease, takeLease } from '@project-runner/leases';

const keptBuilds = 3;

/**
 * Keeps `removeOldBuilds` of every process off a build, until the answer is called or this process is gone. `dir` is the
 * one of `removeOldBuilds`.
 */
export function keepBuild(dir: string, buildId: string): () => void {
  const nothing = (): void => {};
  try {
    return takeLease(leaseDir(dir), buildId, 'project-runner') ?? nothing;
  } catch {
    // A folder that cannot be written to: the build itself will say so, and there is nothing to keep.
    return nothing;
  }
}

/**
 * Deletes all but the newest three builds of one project, and none that is in use: a build is easily 160 MB. `dir` holds
 * a folder `{id}`, a log `{id}.log` and `{id}.release.json` for each. Answers the ids that are gone.
 */
export async function removeOldBuilds(dir: string, currentBuildId: string): Promise<string[]> {
  const builds = new Map<string, { time: number; paths: string[] }>();
  for (const name of await readdir(dir)) {
    const id = /^([0-9a-f-]{36})(\..+)?$/.exec(name)?.[1];
    if (id === undefined || id === currentBuildId) continue;
    const path = join(dir, name);
    const build = builds.get(id) ?? { time: 0, paths: [] };
    build.time = Math.max(build.time, (await stat(path)).mtimeMs);
    build.paths.push(path);
    builds.set(id, build);
  }
  const newestFirst = [...builds].sort(([, a], [, b]) => b.time - a.time);
  const old = newestFirst.slice(keptBuilds - 1).filter(([id]) => readLease(leaseDir(dir), id) === null);
  for (const [id, { paths }] of old) {
    for (const path of paths) await rm(path, { recursive: true, force: true });
    await removeLeases(dir, id);
  }
  return old.map(([id]) => id);
}

function leaseDir(dir: string): string {
  return join(dir, 'in-use');
}

/** A lease leaves a small file, which is of no use without its build: ids are never used again. */
async function removeLeases(dir: string, buildId: string): Promise<void> {
  const names = await readdir(leaseDir(dir)).catch(() => []);
  for (const name of names) {
    if (name.startsWith(`${buildId}.`)) await rm(join(leaseDir(dir), name), { force: true });
  }
}
