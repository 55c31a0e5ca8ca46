import { constants } from 'node:fs';
import { copyFile, link, lstat, mkdir, readFile, symlink } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';

import { inParallel } from './in-parallel.ts';
import { fileEntry } from './walk-tree.ts';
import type { TreeEntry } from './walk-tree.ts';

export interface CloneTreeOptions {
  signal: AbortSignal;
  /**
   * Files that a package manager itself took from its store by a link are linked, which is as safe as what it did. All
   * others are copied: a link would let the copy's owner write into the original.
   */
  keepLinks: boolean;
  /** Refuse files outside of node_modules that name the folder they are in: they would not work elsewhere. */
  refusePlaces: boolean;
}

/** Why a tree cannot be cloned. */
export class CloneRefused extends Error {
  override readonly name = 'CloneRefused';
}

/** Files of more bytes are no code that names its place. */
const searchedBytes = 8 * 1024 * 1024;

/**
 * Makes the entries of one folder in another, copy-on-write where the file system can.
 * @throws CloneRefused for files that changed meanwhile or may not be cloned; the signal's reason; Error of the file system
 */
export async function cloneTree(
  from: string,
  to: string,
  entries: readonly TreeEntry[],
  options: CloneTreeOptions,
): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const { path, kind } of entries) {
    if (kind === 'folder') await mkdir(join(to, path), { recursive: true });
  }
  await inParallel(entries, 16, async (entry) => {
    options.signal.throwIfAborted();
    if (entry.kind === 'link') await cloneLink(from, to, entry);
    else if (entry.kind === 'file') await cloneFile(from, to, entry, options);
  });
}

/** A link into the tree that was written as an absolute path leads into the clone. */
async function cloneLink(from: string, to: string, { path, stamp: target }: TreeEntry): Promise<void> {
  const isOwn = isAbsolute(target) && (target === from || target.startsWith(from + sep));
  await symlink(isOwn ? to + target.slice(from.length) : target, join(to, path));
}

async function cloneFile(
  from: string,
  to: string,
  entry: TreeEntry,
  options: CloneTreeOptions,
): Promise<void> {
  const [source, target] = [join(from, entry.path), join(to, entry.path)];
  if (options.refusePlaces && (await namesPlace(source, entry, from))) {
    throw new CloneRefused(`${entry.path} names the folder it was built in`);
  }
  if (options.keepLinks && entry.linked) {
    await link(source, target);
    return;
  }
  await copyFile(source, target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  const after = fileEntry(entry.path, await lstat(source, { bigint: true }));
  if (after.stamp !== entry.stamp && !entry.linked) {
    throw new CloneRefused(`${entry.path} changed while it was copied`);
  }
}

async function namesPlace(file: string, { path, size }: TreeEntry, place: string): Promise<boolean> {
  if (size > searchedBytes || /(^|\/)node_modules\//.test(path)) return false;
  return (await readFile(file)).includes(place);
}
