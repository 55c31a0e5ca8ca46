import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { takeLease } from '@project-runner/leases';

import type { ResolvedConfig } from '../../config.ts';
import { recordedBuilds } from '../recorded-builds.ts';
import { cachePaths } from './cache-paths.ts';
import type { CachePaths } from './cache-paths.ts';
import { collectProject } from './collect-project.ts';
import type { Collected, Evictable } from './collect-project.ts';
import { removeTree } from './remove-tree.ts';

export interface CollectBuildsOptions {
  config: Pick<
    ResolvedConfig,
    'buildDir' | 'cache' | 'keepReleases' | 'keepUnusedDays' | 'stateDir' | 'logger'
  >;
  signal: AbortSignal;
}

const dayMs = 24 * 60 * 60 * 1000;
/** Drafts are made and removed within seconds; older ones are of processes that were killed, in ms. */
const draftMs = 10 * 60 * 1000;

/**
 * Removes releases beyond those that are kept, and what of the cache is too old or too much. One runner at a time does
 * so; the others leave it to that one. What a build or a server of any runner uses stays.
 * @throws the signal's reason; Error of the file system
 */
export async function collectBuilds({ config, signal }: CollectBuildsOptions): Promise<void> {
  const paths = cachePaths(config.buildDir);
  const release = takeLease(paths.leases, 'collector', 'builds');
  if (!release) return;
  try {
    const recorded = await recordedBuilds(config.stateDir);
    const evictable: Evictable[] = [];
    for (const projectId of await projectsIn(config.buildDir)) {
      signal.throwIfAborted();
      const collected = await collect(projectId, new Set(), { config, signal, recorded });
      evictable.push(...collected.evictable);
    }
    await evict(evictable, { config, signal, recorded });
    await removeOldFiles(paths, config.cache?.maxAgeDays ?? 0, signal);
  } finally {
    release({ forget: true });
  }
}

interface CollectOptions extends CollectBuildsOptions {
  recorded: ReadonlySet<string>;
}

async function evict(evictable: readonly Evictable[], options: CollectOptions): Promise<void> {
  let left = evictable.reduce((sum, { bytes }) => sum + bytes, 0);
  const limit = (options.config.cache?.maxSizeMb ?? 0) * 1024 * 1024;
  const unwanted = new Map<string, Set<string>>();
  for (const { projectId, content, bytes } of evictable.toSorted((a, b) => a.usedAt - b.usedAt)) {
    if (left <= limit) break;
    left -= bytes;
    unwanted.set(projectId, (unwanted.get(projectId) ?? new Set()).add(content));
  }
  for (const [projectId, contents] of unwanted) await collect(projectId, contents, options);
}

async function collect(
  projectId: string,
  unwanted: ReadonlySet<string>,
  { config, signal, recorded }: CollectOptions,
): Promise<Collected> {
  const { buildDir, cache, keepReleases, keepUnusedDays, logger } = config;
  const paths = cachePaths(buildDir);
  const notUsedSince = cache === null ? Infinity : Date.now() - cache.maxAgeDays * dayMs;
  const collected = await collectProject({
    paths,
    buildDir,
    projectId,
    keepReleases,
    unusedSince: Date.now() - keepUnusedDays * dayMs,
    recorded,
    notUsedSince,
    unwanted,
    signal,
  });
  if (collected.releases + collected.folders > 0) {
    logger.info(
      `Removed ${collected.releases} releases and ${collected.folders} folders of builds of project ${projectId}`,
    );
  }
  return collected;
}

async function projectsIn(buildDir: string): Promise<string[]> {
  const entries = await readdir(buildDir, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name);
}

/** What processes left that were killed, and what is remembered of sources and programs that nobody builds any more. */
async function removeOldFiles(
  { drafts, tools, sources, root }: CachePaths,
  maxAgeDays: number,
  signal: AbortSignal,
): Promise<void> {
  const isDraft = (name: string): boolean => name.endsWith('.tmp');
  await removeOld(drafts, draftMs, signal);
  await removeOld(root, draftMs, signal, isDraft);
  for (const dir of [tools, sources]) {
    await removeOld(dir, draftMs, signal, isDraft);
    await removeOld(dir, maxAgeDays * dayMs, signal);
  }
}

async function removeOld(
  dir: string,
  ageMs: number,
  signal: AbortSignal,
  which = (name: string): boolean => name !== '',
): Promise<void> {
  for (const name of (await readdir(dir).catch(() => [])).filter(which)) {
    const path = join(dir, name);
    const changedAt = await stat(path).then(
      ({ ctimeMs }) => ctimeMs,
      () => Infinity,
    );
    if (changedAt < Date.now() - ageMs) await removeTree(path, signal);
  }
}
