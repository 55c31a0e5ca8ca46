import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { dropEntry, readTree, touchEntry } from './build-entry.ts';
import type { CachePaths } from './cache-paths.ts';
import { CloneRefused, cloneTree } from './clone-tree.ts';
import { compareTrees } from './compare-trees.ts';
import type { KeptEntry } from './compare-trees.ts';
import { useContent } from './content-uses.ts';
import { findInstalls } from './install-entry.ts';
import type { FoundInstall } from './install-entry.ts';
import { waitForLease } from './wait-for-lease.ts';
import { fileEntry } from './walk-tree.ts';
import type { TreeEntry } from './walk-tree.ts';

export interface RestoreInstallOptions {
  paths: CachePaths;
  /** The folder of all builds of the project. Real. */
  projectBuilds: string;
  projectId: string;
  /** Where the source is that they belong to. */
  treeDir: string;
  fingerprint: string;
  signal: AbortSignal;
  onLine(line: string): void;
}

/**
 * Puts dependencies that were installed before to where they belong; `null` where there are none that are as the package
 * manager left them.
 * @throws the signal's reason; Error of the file system
 */
export async function restoreInstall(options: RestoreInstallOptions): Promise<FoundInstall | null> {
  for (const entry of await findInstalls(options.paths, options.projectId, options.fingerprint)) {
    if (await tryInstall(entry, options)) return entry;
  }
  return null;
}

async function tryInstall(entry: FoundInstall, options: RestoreInstallOptions): Promise<boolean> {
  const { paths, projectId, projectBuilds, signal, onLine } = options;
  const content = join(projectBuilds, entry.content);
  const unlock = await waitForLease(paths.leases, `content.${projectId}`, { signal, everyMs: 10 });
  let end: (() => void) | undefined;
  try {
    if (existsSync(content)) end = useContent(paths, projectId, { content: entry.content });
  } finally {
    unlock();
  }
  try {
    const tree = end && (await readTree(entry));
    const found = tree ? await lookAt(content, tree, signal) : null;
    if (found && (await clone(content, found, options))) {
      await touchEntry(entry);
      return true;
    }
    onLine(
      `Warning: the dependencies kept of build ${entry.buildId} are dropped: they changed since, or are gone`,
    );
    await dropEntry(paths, entry);
    return false;
  } finally {
    end?.();
  }
}

/** The entries as they are now; `null` where one of them has changed. */
async function lookAt(
  content: string,
  kept: readonly KeptEntry[],
  signal: AbortSignal,
): Promise<TreeEntry[] | null> {
  const found: TreeEntry[] = [];
  for (const [index, entry] of kept.entries()) {
    if (index % 500 === 0) {
      await nextTurn();
      signal.throwIfAborted();
    }
    const now = lookAtEntry(content, entry);
    if (!now || compareTrees([entry], [now]).damaged.length > 0) return null;
    found.push(now);
  }
  return found;
}

function lookAtEntry(content: string, [path]: KeptEntry): TreeEntry | null {
  try {
    const full = join(content, path);
    const stats = lstatSync(full, { bigint: true });
    if (stats.isFile()) return fileEntry(path, stats);
    const other = { path, size: 0, mode: 0, linked: false, changedAtMs: 0 };
    if (stats.isDirectory()) return { ...other, kind: 'folder', stamp: '' };
    return stats.isSymbolicLink() ? { ...other, kind: 'link', stamp: readlinkSync(full) } : null;
  } catch {
    return null;
  }
}

async function clone(
  content: string,
  entries: readonly TreeEntry[],
  options: RestoreInstallOptions,
): Promise<boolean> {
  const { treeDir, signal } = options;
  try {
    await cloneTree(content, treeDir, entries, { signal, keepLinks: true, refusePlaces: false });
    return true;
  } catch (error) {
    if (!(error instanceof CloneRefused)) throw error;
    // Half of them would confuse the package manager that has to do it now.
    for (const path of topmost(entries)) await rm(join(treeDir, path), { recursive: true, force: true });
    return false;
  }
}

/** Without what is below another one of them. */
export function topmost(entries: readonly Pick<TreeEntry, 'path'>[]): string[] {
  const all = new Set(entries.map(({ path }) => path));
  const isBelow = (path: string): boolean => {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      if (all.has(path.slice(0, at))) return true;
    }
    return false;
  };
  return [...all].filter((path) => !isBelow(path));
}
