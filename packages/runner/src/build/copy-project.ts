import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, realpath, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

import { targetInside } from './escaping-links.ts';

export interface CopyProjectOptions {
  /** Names of folders that are left out wherever they stand. */
  exclude: ReadonlySet<string>;
  /** Absolute paths that are left out. */
  excludePaths: ReadonlySet<string>;
  signal: AbortSignal;
}

/**
 * Copies a project, so that nothing is ever built in the user's folder. Copy-on-write clones where the file system can.
 * @throws ProjectRunnerError `SYMLINK_ESCAPES` for a link that points out of the project
 */
export async function copyProject(from: string, to: string, options: CopyProjectOptions): Promise<void> {
  const root = await realpath(from);
  await copyFolder(root, to, { root, target: to, ...options });
}

interface CopyContext extends CopyProjectOptions {
  root: string;
  target: string;
}

async function copyFolder(from: string, to: string, context: CopyContext): Promise<void> {
  context.signal.throwIfAborted();
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (context.exclude.has(entry.name) || context.excludePaths.has(source)) continue;
    if (entry.isDirectory()) await copyFolder(source, target, context);
    else if (entry.isSymbolicLink()) await copyLink(source, target, context);
    else if (entry.isFile()) await copyFile(source, target, constants.COPYFILE_FICLONE);
    // Sockets, pipes and devices are not source.
  }
}

async function copyLink(source: string, target: string, context: CopyContext): Promise<void> {
  const points = await targetInside(source, context.root);
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
