import { basename, dirname } from 'node:path';

import { cachePaths } from './cache/cache-paths.ts';
import { usedContents } from './cache/content-uses.ts';
import { hasFilesOfRelease } from './release.ts';

/** Whether a release has its files in a folder of a build, or somebody reads or runs them. */
export async function isFolderWanted(folder: string, buildDir: string): Promise<boolean> {
  const used = usedContents(cachePaths(buildDir), basename(dirname(folder)));
  return used.contents.has(basename(folder)) || (await hasFilesOfRelease(folder));
}
