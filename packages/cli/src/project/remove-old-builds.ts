import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { readLease, takeLease } from '@project-runner/leases';

const keptBuilds = 3;

/**
 * Keeps `removeOldBuilds` of every process off a build, until the answer is called or this process is gone. `dir` is the
 * one of `removeOldBuilds`; the lease is a file `{id}.{number}.json` in it, which goes with the build.
 */
export function keepBuild(dir: string, buildId: string): () => void {
  const nothing = (): void => {};
  try {
    return takeLease(dir, buildId, 'project-runner') ?? nothing;
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
    const [, id, suffix = ''] = /^([0-9a-f-]{36})(\..+)?$/.exec(name) ?? [];
    if (id === undefined || id === currentBuildId) continue;
    const path = join(dir, name);
    const build = builds.get(id) ?? { time: 0, paths: [] };
    // A lease is as young as the end of its command.
    if (!/^\.\d+\.json/.test(suffix)) build.time = Math.max(build.time, await modifiedAt(path));
    build.paths.push(path);
    builds.set(id, build);
  }
  const newestFirst = [...builds].sort(([, a], [, b]) => b.time - a.time);
  const old = newestFirst.slice(keptBuilds - 1).filter(([id]) => readLease(dir, id) === null);
  for (const [, { paths }] of old) {
    for (const path of paths) await rm(path, { recursive: true, force: true });
  }
  return old.map(([id]) => id);
}

/** In ms; 0 for what another process has removed meanwhile. */
async function modifiedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
