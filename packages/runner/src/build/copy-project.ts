import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { ProjectRunnerError } from '@project-runner/core';

import { inParallel } from './cache/in-parallel.ts';
import { fileEntry, walkTree } from './cache/walk-tree.ts';
import type { TreeEntry } from './cache/walk-tree.ts';
import { targetInside } from './escaping-links.ts';
import type { LocatedSource } from './locate-source.ts';

/** What changes while it is copied is copied again, so often in all. */
const passes = 5;
/** Before the second pass, in ms; as much more before each later one. */
const pauseMs = 50;

/**
 * Copies a project, so that nothing is ever built in the user's folder. Copy-on-write clones where the file system can.
 * No file is ever torn: one that changes meanwhile is copied again. Answers what was copied.
 * @throws ProjectRunnerError `SYMLINK_ESCAPES` for a link that points out of the project, `SOURCE_CHANGED`
 */
export async function copyProject(
  source: Pick<LocatedSource, 'treeDir' | 'entries' | 'skip'>,
  target: string,
  signal: AbortSignal,
): Promise<readonly TreeEntry[]> {
  const copied = new Map<string, TreeEntry>();
  let { entries } = source;
  for (let pass = 1; ; pass += 1) {
    await removeGone(copied, entries, target);
    const torn = await copyEntries(source.treeDir, target, entries, copied, signal);
    if (torn.length === 0) return entries;
    if (pass === passes) throw keepsChanging(torn);
    await delay(pauseMs * pass, undefined, { signal }).catch(() => signal.throwIfAborted());
    entries = await walkTree(source.treeDir, { signal, skip: source.skip });
  }
}

async function copyEntries(
  from: string,
  to: string,
  entries: readonly TreeEntry[],
  copied: Map<string, TreeEntry>,
  signal: AbortSignal,
): Promise<string[]> {
  const torn: string[] = [];
  const wanted = entries.filter(({ path, stamp }) => copied.get(path)?.stamp !== stamp);
  for (const entry of wanted.filter(({ kind }) => kind === 'folder')) {
    await mkdir(join(to, entry.path), { recursive: true });
    copied.set(entry.path, entry);
  }
  await inParallel(wanted, 8, async (entry) => {
    if (entry.kind === 'folder') return;
    signal.throwIfAborted();
    const isWhole = entry.kind === 'link' ? copyLink(from, to, entry) : copyWhole(from, to, entry);
    if (await isWhole) copied.set(entry.path, entry);
    else torn.push(entry.path);
  });
  return torn;
}

/** Answers whether the file was the same before and after. */
async function copyWhole(from: string, to: string, { path, stamp }: TreeEntry): Promise<boolean> {
  const source = join(from, path);
  try {
    await copyFile(source, join(to, path), constants.COPYFILE_FICLONE);
    return fileEntry(path, await lstat(source, { bigint: true })).stamp === stamp;
  } catch (error) {
    // It was a file a moment ago. A folder of the copy that is missing would say the same, and is not missing.
    if (isGone(error)) return false;
    throw error;
  }
}

async function copyLink(from: string, to: string, { path, stamp }: TreeEntry): Promise<boolean> {
  const [source, target] = [join(from, path), join(to, path)];
  try {
    const points = await targetInside(source, from);
    const mirrored = join(to, relative(from, points));
    await rm(target, { force: true });
    await symlink(relative(dirname(target), mirrored), target, (await isFolder(points)) ? 'dir' : 'file');
    return (await readlink(source)) === stamp;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return ['ENOENT', 'ENOTDIR', 'EISDIR', 'EINVAL', 'ELOOP'].includes(code);
}

async function removeGone(
  copied: Map<string, TreeEntry>,
  entries: readonly TreeEntry[],
  target: string,
): Promise<void> {
  const kinds = new Map(entries.map(({ path, kind }) => [path, kind]));
  for (const [path, { kind }] of copied) {
    if (kinds.get(path) === kind) continue;
    await rm(join(target, path), { recursive: true, force: true });
    copied.delete(path);
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch {
    // A link to nothing is copied as it is.
    return false;
  }
}

function keepsChanging(torn: readonly string[]): ProjectRunnerError {
  const more = torn.length > 1 ? ` and ${torn.length - 1} more` : '';
  return new ProjectRunnerError(
    'SOURCE_CHANGED',
    `${torn[0]}${more} kept changing while the project was copied`,
    {
      hint: 'Build again when nothing writes into it, or name what changes in .projectrunnerignore',
    },
  );
}
