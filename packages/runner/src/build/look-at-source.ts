import { realpathSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';

import type { DirectorySnapshot } from '@project-runner/core';

import { snapshotDirectory } from '../detect/snapshot-directory.ts';
import type { LocatedSource } from './locate-source.ts';

/** A folder of the source as it will be in the copy: what is left out is not there. */
export function lookAtSource(
  dir: string,
  root: string,
  { treeDir, skip }: Pick<LocatedSource, 'treeDir' | 'skip'>,
): DirectorySnapshot {
  const seen = snapshotDirectory(dir, root);
  const isLeftOut = (path: string): boolean => {
    const parts = relative(treeDir, realPath(resolve(dir, path))).split(sep);
    return parts.some((name, index) => {
      const whole = parts.slice(0, index + 1).join('/');
      return name !== '' && (skip(whole, name, true) || skip(whole, name, false));
    });
  };
  return {
    dir: seen.dir,
    manifest: seen.manifest,
    has: (path) => seen.has(path) && !isLeftOut(path),
    read: (path) => (isLeftOut(path) ? undefined : seen.read(path)),
  };
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Not there, and not seen either.
    return path;
  }
}
