import { realpath, rm } from 'node:fs/promises';
import { basename } from 'node:path';

import { dropEntry, listEntries } from './cache/build-entry.ts';
import { cachePaths } from './cache/cache-paths.ts';
import { hasFilesOfRelease, removeRelease } from './release.ts';

/**
 * The folder for a build, empty. A build that starts again has no release until it has succeeded; where later builds
 * share its files, those stay and it gets another folder.
 */
export async function clearFolder(dir: string, buildDir: string, projectId: string): Promise<string> {
  await removeRelease(dir);
  for (let number = 1; ; number += 1) {
    const folder = number === 1 ? dir : `${dir}.${number}`;
    if (await hasFilesOfRelease(folder)) continue;
    await forget(folder, buildDir, projectId);
    await rm(folder, { recursive: true, force: true });
    return folder;
  }
}

async function forget(folder: string, buildDir: string, projectId: string): Promise<void> {
  const isThere = await realpath(folder).then(
    () => true,
    () => false,
  );
  if (!isThere) return;
  const paths = cachePaths(buildDir);
  const entries = await listEntries(paths, projectId);
  for (const entry of entries) if (entry.content === basename(folder)) await dropEntry(paths, entry);
}
