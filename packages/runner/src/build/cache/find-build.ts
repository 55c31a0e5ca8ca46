import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { dropEntry, listEntries, readTree, touchEntry } from './build-entry.ts';
import type { FoundEntry } from './build-entry.ts';
import type { CachePaths } from './cache-paths.ts';
import { CloneRefused, cloneTree } from './clone-tree.ts';
import { compareTrees } from './compare-trees.ts';
import { useContent } from './content-uses.ts';
import { digestOf } from './hash-tree.ts';
import { waitForLease } from './wait-for-lease.ts';
import { walkTree } from './walk-tree.ts';
import type { TreeEntry } from './walk-tree.ts';

export interface FindBuildOptions {
  paths: CachePaths;
  /** The folder of all builds of the project. Real. */
  projectBuilds: string;
  projectId: string;
  deploymentId: string | null;
  /** Where a copy goes, if one is needed: a folder that is there. */
  target: string;
  fingerprint: string;
  signal: AbortSignal;
  /** Told what is wrong with what the cache has. */
  onLine(line: string): void;
  /** Whether servers of several deployments may run from the same files: they never write beside them. */
  mayShare(content: string, entry: FoundEntry): boolean;
}

export interface CachedBuild {
  entry: FoundEntry;
  /** Folder with the files. */
  content: string;
  /** What is in it, where it is a copy that nobody knows yet; `null`: the files of the earlier build. */
  copied: readonly TreeEntry[] | null;
  /** Until then nobody removes them. */
  end(): void;
}

/** Names shown of one kind of damage. */
const shown = 3;

/**
 * The files of an earlier build that are as that build left them; `null` where there are none. Files that a server of
 * another deployment may write beside, or has, are copied.
 * @throws the signal's reason; Error of the file system
 */
export async function findBuild(options: FindBuildOptions): Promise<CachedBuild | null> {
  const { paths, projectId, fingerprint, deploymentId } = options;
  const entries = (await listEntries(paths, projectId)).filter((entry) => entry.fingerprint === fingerprint);
  // What needs no copy comes first.
  const own = entries.filter((entry) => entry.deploymentId === deploymentId);
  for (const entry of new Set([...own, ...entries])) {
    const found = await tryEntry(entry, options);
    if (found) return found;
  }
  return null;
}

async function tryEntry(entry: FoundEntry, options: FindBuildOptions): Promise<CachedBuild | null> {
  const { paths, onLine } = options;
  const content = join(options.projectBuilds, entry.content);
  const end = await hold(content, entry, options);
  try {
    const files = end && (await lookAtFiles(content, entry, options));
    if (files && files.damaged.length === 0) {
      const found = await take(content, entry, files, options);
      if (found) {
        await touchEntry(entry);
        return { ...found, entry, end: () => end() };
      }
    } else {
      const what = files ? `${names(files.damaged)} changed since` : 'its files are gone';
      onLine(`Warning: the cached build ${entry.buildId} is dropped: ${what}`);
      await dropEntry(paths, entry);
    }
    end?.();
    return null;
  } catch (error) {
    end?.();
    throw error;
  }
}

/** Under the lock of the project nobody removes files, so that those that are there stay. */
async function hold(
  content: string,
  entry: FoundEntry,
  { paths, projectId, signal }: FindBuildOptions,
): Promise<(() => void) | null> {
  const unlock = await waitForLease(paths.leases, `content.${projectId}`, { signal, everyMs: 10 });
  try {
    return existsSync(content) ? useContent(paths, projectId, { content: entry.content }) : null;
  } finally {
    unlock();
  }
}

interface LookedAt {
  tree: readonly TreeEntry[];
  damaged: string[];
  added: string[];
}

async function lookAtFiles(
  content: string,
  entry: FoundEntry,
  { signal }: FindBuildOptions,
): Promise<LookedAt> {
  const tree = await walkTree(content, { signal, skip: (_, name) => name === '.git' });
  if (digestOf(tree, ({ stamp }) => stamp) === entry.stamps) return { tree, damaged: [], added: [] };
  const kept = await readTree(entry);
  return kept ? { tree, ...compareTrees(kept, tree) } : { tree, damaged: ['its list of files'], added: [] };
}

async function take(
  content: string,
  entry: FoundEntry,
  { tree, added }: LookedAt,
  options: FindBuildOptions,
): Promise<Pick<CachedBuild, 'content' | 'copied'> | null> {
  const { target, signal, deploymentId, onLine, paths } = options;
  const isOwn = entry.deploymentId === deploymentId;
  if (added.length === 0 && (isOwn || options.mayShare(content, entry))) return { content, copied: null };
  // It may be the source, which a build needs that cannot have the copy.
  const before = join(paths.drafts, randomUUID());
  await mkdir(paths.drafts, { recursive: true, mode: 0o700 });
  await rename(target, before);
  try {
    // A server wrote those; a build would not have made them.
    const strange = new Set(added);
    const built = tree.filter(({ path }) => !strange.has(path));
    await cloneTree(content, target, built, { signal, keepLinks: true, refusePlaces: true });
    const copied = await walkTree(target, { signal });
    await rm(before, { recursive: true, force: true });
    return { content: target, copied };
  } catch (error) {
    await rm(target, { recursive: true, force: true });
    await rename(before, target);
    if (!(error instanceof CloneRefused)) throw error;
    onLine(`Not cached: build ${entry.buildId} is the same, but cannot be copied: ${error.message}`);
    return null;
  }
}

function names(paths: readonly string[]): string {
  const more = paths.length > shown ? ` and ${paths.length - shown} more` : '';
  return paths.slice(0, shown).join(', ') + more;
}
