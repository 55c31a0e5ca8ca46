import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { discardFolder } from './build-entry.ts';
import type { CachePaths } from './cache-paths.ts';
import type { KeptEntry } from './compare-trees.ts';
import { readJson } from './read-json.ts';
import { writeWhole } from './write-whole.ts';

/** Dependencies that can be used again, and where they are. */
export interface InstallEntry {
  formatVersion: 1;
  fingerprint: string;
  buildId: string;
  /** The folder they are in, beside those of the other builds of the project. */
  content: string;
  bytes: number;
  createdAt: string;
}

export interface FoundInstall extends InstallEntry {
  /** Its folder in the cache. */
  dir: string;
}

/** What an install made. */
export interface Installed {
  fingerprint: string;
  tree: KeptEntry[];
  bytes: number;
  /** What the package manager said. */
  log: readonly string[];
}

/** Puts dependencies into the cache, wholly or not at all. @throws Error of the file system */
export async function addInstall(
  paths: CachePaths,
  { projectId, buildId, content }: { projectId: string; buildId: string; content: string },
  { fingerprint, tree, bytes, log }: Installed,
): Promise<void> {
  const draft = join(paths.drafts, randomUUID());
  const createdAt = new Date().toISOString();
  const entry: InstallEntry = { formatVersion: 1, fingerprint, buildId, content, bytes, createdAt };
  try {
    await writeWhole(join(draft, 'tree.json'), JSON.stringify(tree));
    await writeWhole(join(draft, 'log.txt'), log.join('\n'));
    await writeWhole(join(draft, 'entry.json'), JSON.stringify(entry));
    const dir = paths.installs(projectId);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const place = join(dir, `${fingerprint.slice(0, 32)}.${content}`);
    await discardFolder(paths, place);
    await rename(draft, place);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

/** By a fingerprint, or by the first 32 characters of several; the newest first. */
export async function findInstalls(
  paths: CachePaths,
  projectId: string,
  fingerprint: string,
): Promise<FoundInstall[]> {
  const root = paths.installs(projectId);
  const names = await readdir(root).catch(() => []);
  const own = names.filter((name) => name.startsWith(`${fingerprint.slice(0, 32)}.`));
  const found = await Promise.all(
    own.map(async (name) => ({
      dir: join(root, name),
      entry: await readJson<InstallEntry>(join(root, name, 'entry.json')),
    })),
  );
  return found
    .flatMap(({ dir, entry }) =>
      isWhole(entry) && entry.fingerprint.startsWith(fingerprint) ? [{ ...entry, dir }] : [],
    )
    .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
}

function isWhole(entry: Partial<InstallEntry> | null): entry is InstallEntry {
  const texts = [entry?.fingerprint, entry?.buildId, entry?.content, entry?.createdAt];
  return entry?.formatVersion === 1 && texts.every((text) => typeof text === 'string');
}
