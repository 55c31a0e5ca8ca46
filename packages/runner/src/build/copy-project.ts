import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, readlink, realpath, symlink } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';

export interface CopyProjectOptions {
  /** Folder names that are left out wherever they stand. */
  exclude: ReadonlySet<string>;
  /** Absolute paths that are left out: a build folder inside the project must not be copied into itself. */
  excludePaths: readonly string[];
  signal: AbortSignal;
}

/**
 * Copies a project, so that nothing is ever built in the user's folder. Copy-on-write clones where the file system can.
 * @throws ProjectRunnerError `SYMLINK_ESCAPES` for a link that points out of the project
 */
export async function copyProject(from: string, to: string, options: CopyProjectOptions): Promise<void> {
  const root = await realpath(from);
  const excluded = new Set(await Promise.all(options.excludePaths.map((path) => realpathOrSelf(path))));
  await copyFolder(root, to, { root, target: to, excluded, ...options });
}

interface CopyContext extends CopyProjectOptions {
  root: string;
  target: string;
  excluded: ReadonlySet<string>;
}

async function copyFolder(from: string, to: string, context: CopyContext): Promise<void> {
  context.signal.throwIfAborted();
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (context.exclude.has(entry.name) || context.excluded.has(source)) continue;
    if (entry.isDirectory()) await copyFolder(source, target, context);
    else if (entry.isSymbolicLink()) await copyLink(source, target, context);
    else if (entry.isFile()) await copyFile(source, target, constants.COPYFILE_FICLONE);
    // Sockets, pipes and devices are not source.
  }
}

async function copyLink(source: string, target: string, context: CopyContext): Promise<void> {
  const link = await readlink(source);
  const points = resolve(dirname(source), link);
  const inside = (path: string): boolean => path === context.root || path.startsWith(context.root + sep);
  const real = await realpathOrSelf(points);
  if (!inside(points) || !inside(real)) {
    throw new ProjectRunnerError(
      'SYMLINK_ESCAPES',
      `${source} is a symlink to ${real}, which is outside of the project ${context.root}`,
      { hint: 'Put the file into the project, or remove the link' },
    );
  }
  const mirrored = join(context.target, relative(context.root, points));
  const type = (await isFolder(points)) ? 'dir' : 'file';
  await symlink(relative(dirname(target), mirrored), target, type);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch {
    // A link to nothing is copied as it is.
    return false;
  }
}

async function realpathOrSelf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    // Not there (yet): its plain path is the best name it has.
    return resolve(path);
  }
}
