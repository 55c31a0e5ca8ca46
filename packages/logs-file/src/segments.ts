import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

const unzip = promisify(gunzip);

/** A file of a log; its name tells the number of its first line, because the format has no place for it. */
export interface Segment {
  /** The path without `.gz`. */
  file: string;
  /** Number of the first line. */
  first: number;
  compressed: boolean;
}

const namePattern = /^(\d{12,})\.log(\.gz)?$/;

export function segmentName(first: number): string {
  return `${String(first).padStart(12, '0')}.log`;
}

/** Oldest first. A segment that is there twice was being compressed when the runner died; the plain one counts. */
export async function listSegments(dir: string): Promise<Segment[]> {
  const segments = new Map<number, Segment>();
  for (const name of await orIfMissing(readdir(dir), [])) {
    const match = namePattern.exec(name);
    if (!match) continue;
    const first = Number(match[1]);
    const compressed = match[2] !== undefined;
    if (segments.has(first) && compressed) continue;
    segments.set(first, { file: join(dir, segmentName(first)), first, compressed });
  }
  return [...segments.values()].toSorted((a, b) => a.first - b.first);
}

/** What the segment holds, `null` when it is gone: it may be compressed or removed between listing and reading. */
export async function readSegment({ file, compressed }: Segment): Promise<Buffer | null> {
  const plain = compressed ? null : await orIfMissing(readFile(file), null);
  if (plain) return plain;
  const packed = await orIfMissing(readFile(`${file}.gz`), null);
  return packed && (await unzip(packed));
}

async function orIfMissing<T, F>(promise: Promise<T>, fallback: F): Promise<T | F> {
  try {
    return await promise;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return fallback;
    throw error;
  }
}
