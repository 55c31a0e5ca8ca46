import type { Dirent } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join, relative } from 'node:path';

export interface SecretFinding {
  /** Relative to the folder that was searched. */
  file: string;
  /** The variable whose value is in it. */
  name: string;
}

export interface SecretSearch {
  /** Sorted by file. */
  findings: readonly SecretFinding[];
  /** Files that could not be read, relative. */
  unreadable: readonly string[];
}

interface Needle {
  name: string;
  forms: readonly Buffer[];
}

/** Shorter values are found by chance: words, numbers, `true`. */
const minLength = 8;
const chunkBytes = 256 * 1024;
/** Files read at the same time: a disk has more than one request in it, and memory stays small. */
const readers = 4;
const skippedFolders = new Set(['node_modules', '.git']);

/**
 * Looks for the literal values, also as JSON and JavaScript write them in a string, in the files of a folder and in their
 * names. Left out are values of less than 8 characters, `node_modules`, `.git`, symlinks, and `.env*`, where secrets are
 * meant to be.
 * @throws the signal's reason when it aborts
 */
export async function findSecrets(
  root: string,
  secrets: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<SecretSearch> {
  const needles = [...secrets].flatMap(([name, value]) => needle(name, value));
  const findings: SecretFinding[] = [];
  const unreadable: string[] = [];
  if (needles.length === 0) return { findings, unreadable };
  const longest = Math.max(...needles.flatMap(({ forms }) => forms.map((form) => form.length)));
  const files = listFiles(root, (path) => unreadable.push(relative(root, path)));

  const readOn = async (): Promise<void> => {
    const buffer = Buffer.allocUnsafeSlow(chunkBytes + longest);
    // One generator for all readers: each takes the next file of it.
    for await (const path of files) {
      signal.throwIfAborted();
      const file = relative(root, path);
      const found = new Set(needles.filter((item) => isIn(Buffer.from(file), item)));
      const isRead = await searchFile(path, { needles, buffer, longest, signal, found });
      if (!isRead) unreadable.push(file);
      for (const { name } of found) findings.push({ file, name });
    }
  };
  await Promise.all(Array.from({ length: readers }, readOn));
  findings.sort((a, b) => compare(a.file, b.file) || compare(a.name, b.name));
  return { findings, unreadable: unreadable.sort() };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function needle(name: string, value: string): Needle[] {
  const plain = value.trim();
  if (plain.length < minLength) return [];
  const written = JSON.stringify(plain).slice(1, -1);
  return [{ name, forms: [...new Set([plain, written])].map((form) => Buffer.from(form)) }];
}

async function* listFiles(dir: string, onUnreadable: (path: string) => void): AsyncGenerator<string> {
  let entries: Dirent[];
  try {
    entries = await readdir(dir, { withFileTypes: true });
  } catch {
    onUnreadable(dir);
    return;
  }
  for (const entry of entries) {
    const path = join(dir, entry.name);
    if (entry.isDirectory() && !skippedFolders.has(entry.name)) yield* listFiles(path, onUnreadable);
    else if (entry.isFile() && !/^\.env(\..*)?$/.test(entry.name)) yield path;
  }
}

interface FileSearch {
  needles: readonly Needle[];
  buffer: Buffer;
  longest: number;
  signal: AbortSignal;
  /** What was found is added to it. */
  found: Set<Needle>;
}

/** Answers whether it could be read. A value may lie across two chunks, so the end of each is looked at again with the next. */
async function searchFile(
  path: string,
  { needles, buffer, longest, signal, found }: FileSearch,
): Promise<boolean> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    for (let kept = 0; found.size < needles.length;) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(buffer, kept, buffer.length - kept);
      if (bytesRead === 0) break;
      const bytes = buffer.subarray(0, kept + bytesRead);
      for (const item of needles) if (!found.has(item) && isIn(bytes, item)) found.add(item);
      kept = Math.min(bytes.length, longest - 1);
      buffer.copyWithin(0, bytes.length - kept, bytes.length);
    }
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  } finally {
    await file?.close();
  }
}

function isIn(bytes: Buffer, { forms }: Needle): boolean {
  return forms.some((form) => bytes.includes(form));
}
