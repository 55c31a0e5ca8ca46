import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const keptBuilds = 3;

/**
 * Deletes all but the newest three builds of one project: a build is easily 160 MB. `dir` holds a folder `{id}`, a log
 * `{id}.log` and `{id}.release.json` for each. Answers the ids that are gone.
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
  const old = newestFirst.slice(keptBuilds - 1);
  for (const [, { paths }] of old) {
    for (const path of paths) await rm(path, { recursive: true, force: true });
  }
  return old.map(([id]) => id);
}
