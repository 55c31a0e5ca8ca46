import { realpathSync } from 'node:fs';
import { resolve, sep } from 'node:path';

import type { DirectorySnapshot } from '@project-runner/core';

import { readManifest } from './read-manifest.ts';
import { readRegularFile } from './read-regular-file.ts';

/** Lockfiles of large workspaces have some MB. */
const maxBytes = 64 * 2 ** 20;

/**
 * A folder as hooks see it. Paths that leave `root` (by `..` or a symlink) do not exist; `root` is the workspace where
 * the folder belongs to one, because its package manager links there.
 */
export function snapshotDirectory(dir: string, root: string = dir): DirectorySnapshot {
  const realRoot = realpathSync(root);
  const inside = (path: string): string | undefined => {
    try {
      const real = realpathSync(resolve(dir, path));
      return real === realRoot || real.startsWith(realRoot + sep) ? real : undefined;
    } catch {
      // Not there, or not ours to look at: both mean that it does not exist for a hook.
      return undefined;
    }
  };
  return {
    dir,
    manifest: readManifest(dir),
    has: (path) => inside(path) !== undefined,
    read: (path) => {
      const file = inside(path);
      try {
        return file === undefined ? undefined : readRegularFile(file, maxBytes);
      } catch {
        // A folder, a device, something huge, or gone since: there is no text of that name.
        return undefined;
      }
    },
  };
}
