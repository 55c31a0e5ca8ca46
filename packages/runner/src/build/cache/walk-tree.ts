import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import type { BigIntStats, Dirent } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { ProjectRunnerError } from '@project-runner/core';

export interface TreeEntry {
  /** Relative to the root, with `/`. */
  path: string;
  kind: 'file' | 'folder' | 'link';
  /** Bytes of a file, 0 of everything else. */
  size: number;
  /** Permission bits. */
  mode: number;
  /** A dependency with several names: a package manager took it from its store. */
  linked: boolean;
  /** Of the last change, in ms; 0 of folders. */
  changedAtMs: number;
  /** Differs when the entry may have changed. For a link: where it points. */
  stamp: string;
}

export interface WalkOptions {
  signal: AbortSignal;
  /** What is left out, with all that is below it. */
  skip?(path: string, name: string, isFolder: boolean): boolean;
}

/** The event loop also serves others: longer than this, in ms, it is never held. */
const sliceMs = 10;
/** A tree of which a name goes while it is read is read again, so often in all. */
const attempts = 10;

/**
 * Everything below a folder in the order of names; sockets, pipes and devices are left out.
 * Synchronous calls in slices: asynchronous ones take four times as long.
 * @throws ProjectRunnerError `SOURCE_CHANGED` for a folder that never holds still, `SOURCE_FAILED` for a name that is not
 * UTF-8; Error of the file system
 */
export async function walkTree(root: string, options: WalkOptions): Promise<TreeEntry[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await walkOnce(root, options);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (!['ENOENT', 'ENOTDIR', 'EINVAL'].includes(code)) throw error;
      if (attempt < attempts) continue;
      refuseStrangeName(error as NodeJS.ErrnoException);
      throw new ProjectRunnerError('SOURCE_CHANGED', `${root} changed while it was read`, {
        cause: error,
        hint: 'Build again when nothing writes into it, or name what changes in .projectrunnerignore',
      });
    }
  }
}

/** Node answers U+FFFD for bytes that are no text, and then cannot find what it has just listed. */
function refuseStrangeName({ path, message }: NodeJS.ErrnoException): void {
  if (!(path ?? message).includes('\uFFFD')) return;
  throw new ProjectRunnerError('SOURCE_FAILED', `The name of ${path ?? 'a file'} is not UTF-8`, {
    hint: 'Rename it',
  });
}

async function walkOnce(root: string, { signal, skip }: WalkOptions): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = [];
  const folders = [''];
  let sliceEnd = performance.now() + sliceMs;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    signal.throwIfAborted();
    if (performance.now() > sliceEnd) {
      await nextTurn();
      sliceEnd = performance.now() + sliceMs;
    }
    const found = readFolder(root, folder, skip);
    for (const entry of found) {
      entries.push(entry);
      if (entry.kind === 'folder') folders.push(entry.path);
    }
  }
  return entries;
}

function readFolder(root: string, folder: string, skip: WalkOptions['skip']): TreeEntry[] {
  const names = readdirSync(join(root, folder), { withFileTypes: true });
  names.sort((a, b) => (a.name < b.name ? -1 : 1));
  return names.flatMap((entry) => describe(root, folder, entry, skip) ?? []);
}

function describe(
  root: string,
  folder: string,
  entry: Dirent,
  skip: WalkOptions['skip'],
): TreeEntry | undefined {
  const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
  if (skip?.(path, entry.name, entry.isDirectory())) return undefined;
  if (entry.isDirectory()) return { ...plain, path, kind: 'folder', stamp: '' };
  // Not `join`, which takes as long as what is done with its answer.
  const full = `${root}/${path}`;
  if (entry.isSymbolicLink()) return { ...plain, path, kind: 'link', stamp: readlinkSync(full) };
  return entry.isFile() ? fileEntry(path, lstatSync(full, { bigint: true })) : undefined;
}

const plain = { size: 0, mode: 0, linked: false, changedAtMs: 0 };

export function fileEntry(path: string, stats: BigIntStats): TreeEntry {
  const mode = Number(stats.mode & 0o7777n);
  const linked = stats.nlink > 1n && /(^|\/)node_modules\//.test(path);
  // The time of the last change of a file with several names moves when another project takes it from the store.
  const changed = linked ? '' : ` ${stats.ctimeNs}`;
  return {
    path,
    kind: 'file',
    size: Number(stats.size),
    mode,
    linked,
    changedAtMs: Number(stats.ctimeMs > stats.mtimeMs ? stats.ctimeMs : stats.mtimeMs),
    stamp: `${stats.size} ${stats.mtimeNs} ${stats.ino} ${mode}${changed}`,
  };
}
