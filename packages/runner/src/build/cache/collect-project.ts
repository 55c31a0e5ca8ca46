import { randomUUID } from 'node:crypto';
import { existsSync, lstatSync } from 'node:fs';
import { lstat, mkdir, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';

import { readReleases } from '../release.ts';
import type { Release } from '../release.ts';
import type { BuildEntry } from './build-entry.ts';
import type { CachePaths } from './cache-paths.ts';
import { usedContents } from './content-uses.ts';
import { currentBuilds } from './deploy-history.ts';
import { readJson } from './read-json.ts';
import { removeTree } from './remove-tree.ts';
import { forgetDeployments, unusedDeployments } from './unused-deployments.ts';
import { waitForLease } from './wait-for-lease.ts';

export interface CollectProjectOptions {
  paths: CachePaths;
  buildDir: string;
  projectId: string;
  keepReleases: number;
  /** Entries that were not used since then go, in ms since 1970. */
  notUsedSince: number;
  /** Names of folders whose entries go in any case. */
  unwanted: ReadonlySet<string>;
  /** Deployments that were not used since then lose their releases, in ms since 1970. */
  unusedSince: number;
  /** Of servers that are recorded, whoever noted that they use them. */
  recorded: ReadonlySet<string>;
  signal: AbortSignal;
}

/** A folder that only the cache still wants. */
export interface Evictable {
  projectId: string;
  content: string;
  bytes: number;
  /** In ms since 1970. */
  usedAt: number;
}

export interface Collected {
  releases: number;
  folders: number;
  evictable: Evictable[];
}

/** How long the log of a build that failed is kept, in ms. */
const keptLogsMs = 30 * 24 * 60 * 60 * 1000;

/** Removes what nobody wants any more of one project. @throws the signal's reason; Error of the file system */
export async function collectProject(options: CollectProjectOptions): Promise<Collected> {
  const { paths, projectId, signal } = options;
  const garbage: string[] = [];
  const unlock = await waitForLease(paths.leases, `content.${projectId}`, { signal, everyMs: 10 });
  let collected: Collected;
  try {
    collected = await mark(options, garbage);
  } finally {
    unlock();
  }
  // Renamed already, so nobody sees it half removed; and nobody has to wait for it.
  for (const path of garbage) await removeTree(path, signal);
  return collected;
}

async function mark(options: CollectProjectOptions, garbage: string[]): Promise<Collected> {
  const { paths, projectId, buildDir } = options;
  const dir = join(buildDir, projectId);
  const throwAway = async (path: string): Promise<void> => {
    const draft = join(paths.drafts, randomUUID());
    await mkdir(paths.drafts, { recursive: true, mode: 0o700 });
    await rename(path, draft);
    garbage.push(draft);
  };
  const uses = usedContents(paths, projectId);
  const releases = await readReleases(dir);
  const usedBuilds = new Set([...uses.builds, ...options.recorded]);
  const unused = await unusedDeployments({ ...options, releases, usedBuilds });
  const inUse = new Set([...usedBuilds, ...(await currentBuilds(paths, projectId, unused))]);
  const wanted = wantedReleases(releases, { keep: options.keepReleases, inUse, unused });
  const old = releases.filter((release) => !wanted.has(release));
  const pinned = new Set([...uses.contents, ...(await contentsOf([...wanted], dir))]);
  const { kept, dropped } = await sortEntries(options);
  // Only folders that were ours beyond doubt; and they go first: what has no files cannot be deployed.
  const mayGo = new Set([...(await contentsOf(old, dir)), ...dropped.map(({ content }) => content)]);
  mayGo.delete('');
  const gone = [...mayGo].filter((name) => !pinned.has(name) && !kept.has(name) && isFolder(join(dir, name)));
  for (const name of gone) await throwAway(join(dir, name));
  for (const entry of dropped) await throwAway(entry.dir);
  for (const { buildId } of old) await removeRelease(join(dir, buildId));
  await forgetDeployments(paths, projectId, unused);
  await removeOldLogs(dir, wanted);
  const evictable = [...kept].filter(([content]) => !pinned.has(content));
  return {
    releases: old.length,
    folders: gone.length,
    evictable: evictable.map(([content, use]) => ({ projectId, content, ...use })),
  };
}

/** A name that came from a file must not lead anywhere else. */
function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

interface Wanted {
  keep: number;
  inUse: ReadonlySet<string>;
  /** Deployments of which only what others use is wanted. */
  unused: ReadonlySet<string>;
}

/** The newest of each deployment, and those that run or ran last. */
function wantedReleases(newestFirst: readonly Release[], { keep, inUse, unused }: Wanted): Set<Release> {
  const seen = new Map<string, number>();
  return new Set(
    newestFirst.filter(({ deploymentId = '', buildId }) => {
      const count = (seen.get(deploymentId) ?? 0) + 1;
      seen.set(deploymentId, count);
      return (count <= keep && !unused.has(deploymentId)) || inUse.has(buildId);
    }),
  );
}

/** The manifest first: what has none cannot be deployed. A link to the files of another build goes, too. */
async function removeRelease(dir: string): Promise<void> {
  await rm(`${dir}.release.json`, { force: true });
  await rm(`${dir}.log`, { force: true });
  const stats = await lstat(dir).catch(() => null);
  if (stats?.isSymbolicLink()) await rm(dir, { force: true });
}

/** Of builds that failed. Only names that are ours beyond doubt. */
async function removeOldLogs(dir: string, wanted: ReadonlySet<Release>): Promise<void> {
  const kept = new Set([...wanted].map(({ buildId }) => buildId));
  for (const name of await readdir(dir).catch(() => [])) {
    const id = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.log$/.exec(name)?.[1];
    if (id === undefined || kept.has(id)) continue;
    const stats = await lstat(join(dir, name)).catch(() => null);
    if (stats && stats.mtimeMs < Date.now() - keptLogsMs) await rm(join(dir, name), { force: true });
  }
}

async function contentsOf(releases: readonly Release[], dir: string): Promise<string[]> {
  const real = existsSync(dir) ? await realpath(dir) : dir;
  return releases
    .map(({ rootDir }) => relative(real, rootDir).split(sep)[0] ?? '')
    .filter((name) => name !== '..');
}

interface SortedEntries {
  kept: Map<string, { bytes: number; usedAt: number }>;
  dropped: { dir: string; content: string }[];
}

/** What the cache has, by folder. Entries that are too old, that nobody can read or whose files are gone go. */
async function sortEntries({
  paths,
  projectId,
  buildDir,
  notUsedSince,
  unwanted,
}: CollectProjectOptions): Promise<SortedEntries> {
  const sorted: SortedEntries = { kept: new Map(), dropped: [] };
  for (const root of [paths.builds(projectId), paths.installs(projectId)]) {
    for (const name of await readdir(root).catch(() => [])) {
      const dir = join(root, name);
      const file = join(dir, 'entry.json');
      const entry = await readJson<BuildEntry>(file);
      const usedAt = await stat(file).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      );
      const content = basename(typeof entry?.content === 'string' ? entry.content : '');
      const isGood = content !== '' && isFolder(join(buildDir, projectId, content));
      if (!isGood || usedAt < notUsedSince || unwanted.has(content)) {
        sorted.dropped.push({ dir, content });
        continue;
      }
      const before = sorted.kept.get(content);
      sorted.kept.set(content, {
        bytes: Math.max(before?.bytes ?? 0, entry?.bytes ?? 0),
        usedAt: Math.max(before?.usedAt ?? 0, usedAt),
      });
    }
  }
  return sorted;
}
