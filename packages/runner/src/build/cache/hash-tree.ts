import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { inParallel } from './in-parallel.ts';
import { readJson } from './read-json.ts';
import type { TreeEntry } from './walk-tree.ts';
import { writeWhole } from './write-whole.ts';

/** What a tree holds, as far as a build can see it: names, contents, permissions, links. */
export interface TreeContent {
  digest: string;
  /** Of each entry that is no folder: its permissions with the hash of its content, or where it points. */
  hashes(): Promise<ReadonlyMap<string, string>>;
  /** Paths of files that may have changed within the last tick of the clock, after they were hashed. */
  young: ReadonlySet<string>;
}

export interface HashTreeOptions {
  signal: AbortSignal;
  /** Where the hashes are remembered, without the ending `.json`; `null`: nowhere. One that cannot be written is no error. */
  memory: string | null;
}

/** A change within the same tick of the file system's clock would go unseen, so young files are hashed again, in ms. */
const racyMs = 2000;
/** Files of more bytes are not read in one piece. */
const largeBytes = 4 * 1024 * 1024;

/** As in `{memory}.json`: one look at it answers for a tree in which nothing has changed. */
interface WholeMemory {
  formatVersion: 1;
  stamps: string;
  digest: string;
}

/** As in `{memory}.files.json`: each line is a fact by itself, so that it never matters which build wrote it. */
interface FileMemory {
  formatVersion: 1;
  files: [path: string, stamp: string, hash: string][];
}

/** The content of a tree. Files whose stamps are known are not read again. @throws Error of the file system */
export async function hashTree(
  root: string,
  entries: readonly TreeEntry[],
  { signal, memory }: HashTreeOptions,
): Promise<TreeContent> {
  const stamps = digestOf(entries, ({ stamp }) => stamp);
  const whole = memory === null ? null : await readJson<WholeMemory>(`${memory}.json`);
  if (whole?.formatVersion === 1 && whole.stamps === stamps && typeof whole.digest === 'string') {
    const hashes = async (): Promise<Map<string, string>> =>
      (await hashFiles(root, entries, memory, signal)).hashes;
    return { digest: whole.digest, hashes, young: new Set() };
  }
  const { hashes, young } = await hashFiles(root, entries, memory, signal);
  const digest = digestOf(entries, ({ path }) => hashes.get(path) ?? '');
  if (young.size === 0 && memory !== null)
    await remember(`${memory}.json`, { formatVersion: 1, stamps, digest } satisfies WholeMemory);
  return { digest, hashes: () => Promise.resolve(hashes), young };
}

/** One hash for all entries, in their order, with their names and kinds. */
export function digestOf(entries: readonly TreeEntry[], what: (entry: TreeEntry) => string): string {
  const lines = entries.map((entry) => `${entry.path}\0${entry.kind}\0${what(entry)}`);
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

async function hashFiles(
  root: string,
  entries: readonly TreeEntry[],
  memory: string | null,
  signal: AbortSignal,
): Promise<{ hashes: Map<string, string>; young: Set<string> }> {
  const file = memory === null ? null : `${memory}.files.json`;
  const known = knownHashes(file === null ? null : await readJson<FileMemory>(file));
  const now = Date.now();
  const hashes = new Map<string, string>();
  const files: FileMemory['files'] = [];
  let isNew = false;
  const young = new Set<string>();
  await inParallel(entries, 8, async (entry) => {
    const { path, kind, stamp, mode } = entry;
    if (kind === 'folder') return;
    if (kind === 'link') return void hashes.set(path, `-> ${stamp}`);
    const before = known.get(path);
    const isKnown = before?.stamp === stamp;
    if (!isKnown) signal.throwIfAborted();
    const hash = isKnown ? before.hash : await hashFile(join(root, path), entry.size);
    hashes.set(path, `${mode.toString(8)} ${hash}`);
    if (isKnown || entry.changedAtMs < now - racyMs) files.push([path, stamp, hash]);
    else young.add(path);
    isNew ||= !isKnown;
  });
  if (file !== null && (isNew || files.length !== known.size))
    await remember(file, { formatVersion: 1, files } satisfies FileMemory);
  return { hashes, young };
}

function knownHashes(memory: Partial<FileMemory> | null): Map<string, { stamp: string; hash: string }> {
  if (memory?.formatVersion !== 1 || !Array.isArray(memory.files)) return new Map();
  const files = memory.files.filter((file) => Array.isArray(file));
  return new Map(files.map(([path, stamp, hash]) => [path, { stamp, hash }]));
}

/** @throws Error of the file system */
export async function hashFile(file: string, size: number): Promise<string> {
  const hash = createHash('sha256');
  if (size <= largeBytes) hash.update(await readFile(file));
  else await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Only a convenience of the next build: a disk that is full is told by what needs it more. */
async function remember(file: string, value: object): Promise<void> {
  try {
    await writeWhole(file, JSON.stringify(value));
  } catch {
    // The next build hashes again.
  }
}
