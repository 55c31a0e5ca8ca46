import { lstat, readlink, realpath } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';

/**
 * Where a symlink points, as written. `root` is a real path.
 * @throws ProjectRunnerError `SYMLINK_ESCAPES` where that, or what it leads to, is outside of `root`
 */
export async function targetInside(link: string, root: string): Promise<string> {
  const points = resolve(dirname(link), await readlink(link));
  const real = await realpathOrSelf(points);
  const inside = (path: string): boolean => path === root || path.startsWith(root + sep);
  if (inside(points) && inside(real)) return points;
  throw new ProjectRunnerError(
    'SYMLINK_ESCAPES',
    `${link} is a symlink to ${real}, which is outside of the project ${root}`,
    { hint: 'Put the file into the project, or remove the link' },
  );
}

/** Looks at one file that may be a symlink, or not be there. `root` is a real path. @throws ProjectRunnerError `SYMLINK_ESCAPES` */
export async function refuseEscapingFile(file: string, root: string): Promise<void> {
  const stats = await lstat(file).catch(() => undefined);
  if (stats?.isSymbolicLink()) await targetInside(file, root);
}

export async function realpathOrSelf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    // Not there (yet): its plain path is the best name it has.
    return resolve(path);
  }
}
