import { basename } from 'node:path';

import { discardFolder, dropEntry, listEntries } from './cache/build-entry.ts';
import { cachePaths } from './cache/cache-paths.ts';
import { waitForLease } from './cache/wait-for-lease.ts';
import { isFolderWanted } from './is-folder-wanted.ts';
import { removeRelease } from './release.ts';

export interface ClearFolderOptions {
  dir: string;
  buildDir: string;
  projectId: string;
  signal: AbortSignal;
}

/**
 * The folder for a build, empty. A build that starts again has no release until it has succeeded; where later builds
 * share its files, or a server runs from them, those stay and it gets another folder.
 * @throws the signal's reason; Error of the file system
 */
export async function clearFolder({ dir, buildDir, projectId, signal }: ClearFolderOptions): Promise<string> {
  await removeRelease(dir);
  const paths = cachePaths(buildDir);
  for (let number = 1; ; number += 1) {
    const folder = number === 1 ? dir : `${dir}~${number}`;
    // Nobody begins to use it between the look and the removal.
    const unlock = await waitForLease(paths.leases, `content.${projectId}`, { signal, everyMs: 10 });
    try {
      if (await isFolderWanted(folder, buildDir)) continue;
      for (const entry of await listEntries(paths, projectId)) {
        if (entry.content === basename(folder)) await dropEntry(paths, entry);
      }
      await discardFolder(paths, folder);
    } finally {
      unlock();
    }
    return folder;
  }
}
