import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';

import { isInputs } from './build-inputs.ts';
import type { BuildInputs } from './build-inputs.ts';
import type { CachePaths } from './cache-paths.ts';
import { keepEntry } from './compare-trees.ts';
import type { KeptEntry } from './compare-trees.ts';
import { digestOf } from './hash-tree.ts';
import { readJson } from './read-json.ts';
import type { TreeEntry } from './walk-tree.ts';
import { writeWhole } from './write-whole.ts';

/** What is known of a build that can be used again: `entry.json` in a folder of its own. */
export interface BuildEntry {
  formatVersion: 1;
  fingerprint: string;
  inputs: BuildInputs;
  projectId: string;
  /** The build that made the files. */
  buildId: string;
  /** The folder they are in, beside those of the other builds of the project. */
  content: string;
  /** The workspace root in that folder, relative to it, and the project in that root. */
  rootPath: string;
  projectPath: string;
  deploymentId: string | null;
  /** Of everything in the folder, as the build left it. */
  stamps: string;
  files: number;
  bytes: number;
  createdAt: string;
}

export interface FoundEntry extends BuildEntry {
  /** Its folder in the cache. */
  dir: string;
}

export interface NewEntry {
  entry: Omit<BuildEntry, 'formatVersion' | 'stamps' | 'files' | 'bytes' | 'createdAt'>;
  tree: readonly TreeEntry[];
  sourceFiles: ReadonlyMap<string, string>;
  log: string;
}

/** Puts an entry into the cache, wholly or not at all. @throws Error of the file system */
export async function addEntry(
  paths: CachePaths,
  { entry, tree, sourceFiles, log }: NewEntry,
): Promise<void> {
  const draft = join(paths.drafts, randomUUID());
  const full: BuildEntry = {
    formatVersion: 1,
    ...entry,
    stamps: digestOf(tree, ({ stamp }) => stamp),
    files: tree.filter(({ kind }) => kind === 'file').length,
    bytes: tree.reduce((sum, { size }) => sum + size, 0),
    createdAt: new Date().toISOString(),
  };
  try {
    await writeWhole(join(draft, 'tree.json'), JSON.stringify(tree.map(keepEntry)));
    await writeWhole(join(draft, 'source.json'), JSON.stringify([...sourceFiles]));
    await writeWhole(join(draft, 'log.txt'), log);
    await writeWhole(join(draft, 'entry.json'), JSON.stringify(full));
    const dir = paths.builds(entry.projectId);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const place = join(dir, `${entry.fingerprint.slice(0, 32)}.${entry.content}`);
    // A build that was made again under its id.
    await discardFolder(paths, place);
    await rename(draft, place);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

/** Those of a project that can be read, the one used last first. */
export async function listEntries(paths: CachePaths, projectId: string): Promise<FoundEntry[]> {
  const dir = paths.builds(projectId);
  const names = await readdir(dir).catch(() => []);
  const found = await Promise.all(names.map((name) => readEntry(join(dir, name))));
  return found.filter((entry) => entry !== null).toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
}

async function readEntry(dir: string): Promise<FoundEntry | null> {
  const entry = await readJson<BuildEntry>(join(dir, 'entry.json'));
  const isWhole =
    entry?.formatVersion === 1 &&
    typeof entry.fingerprint === 'string' &&
    typeof entry.content === 'string' &&
    typeof entry.rootPath === 'string' &&
    typeof entry.projectPath === 'string' &&
    typeof entry.stamps === 'string' &&
    typeof entry.createdAt === 'string' &&
    isInputs(entry.inputs);
  return isWhole ? { ...(entry as BuildEntry), dir } : null;
}

/** Makes it the last one to go. */
export async function touchEntry({ dir }: { dir: string }): Promise<void> {
  const now = new Date();
  await utimes(join(dir, 'entry.json'), now, now).catch(() => undefined);
}

/** `null`: damaged. */
export async function readTree({ dir }: { dir: string }): Promise<KeptEntry[] | null> {
  const tree = await readJson<KeptEntry[]>(join(dir, 'tree.json'));
  return Array.isArray(tree) ? (tree as KeptEntry[]) : null;
}

export async function readSourceFiles({ dir }: FoundEntry): Promise<Map<string, string>> {
  const files = await readJson<[string, string][]>(join(dir, 'source.json'));
  return new Map(Array.isArray(files) ? (files as [string, string][]) : []);
}

export async function readLog({ dir }: { dir: string }): Promise<string[]> {
  const text = await readFile(join(dir, 'log.txt'), 'utf8').catch(() => '');
  return text === '' ? [] : text.split('\n');
}

/** Takes it out of the cache in one step; what it was goes afterwards. */
export async function dropEntry(paths: CachePaths, { dir }: { dir: string }): Promise<void> {
  await discardFolder(paths, dir);
}

/** Removes a folder so that nobody ever sees half of it. Nothing there is fine. @throws Error of the file system */
export async function discardFolder(paths: CachePaths, dir: string): Promise<void> {
  const draft = join(paths.drafts, randomUUID());
  await mkdir(paths.drafts, { recursive: true, mode: 0o700 });
  try {
    await rename(dir, draft);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await rm(draft, { recursive: true, force: true, maxRetries: 3 });
}
