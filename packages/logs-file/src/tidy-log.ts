import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

import { listSegments } from './segments.ts';
import type { Segment } from './segments.ts';

export interface TidyLogOptions {
  /** Segments kept, the newest included. */
  maxFiles: number;
  maxAgeMs: number;
  gzip: boolean;
}

/** Removes old segments, compresses full ones and points `current.log` at the newest, which is being written. */
export async function tidyLog(dir: string, { maxFiles, maxAgeMs, gzip }: TidyLogOptions): Promise<void> {
  const segments = await listSegments(dir);
  const newest = segments.pop();
  if (!newest) return;
  await pointAt(dir, newest);
  const oldest = Date.now() - maxAgeMs;
  for (const [index, segment] of segments.entries()) {
    const surplus = segments.length - index > maxFiles - 1;
    if (surplus || (await stat(pathOf(segment))).mtimeMs < oldest) await rm(pathOf(segment), { force: true });
    else if (gzip && !segment.compressed) await compress(segment.file);
  }
}

/** By rename, so that whoever follows `current.log` always finds a log there. */
async function pointAt(dir: string, { file }: Segment): Promise<void> {
  // Symbolic links need a privilege there.
  if (process.platform === 'win32') return;
  const draft = join(dir, 'current.log.tmp');
  await rm(draft, { force: true });
  await symlink(basename(file), draft);
  await rename(draft, join(dir, 'current.log'));
}

/** The plain file goes only when the compressed one is there wholly. */
async function compress(file: string): Promise<void> {
  const draft = `${file}.gz.tmp`;
  try {
    await pipeline(createReadStream(file), createGzip(), createWriteStream(draft, { mode: 0o600 }));
    await rename(draft, `${file}.gz`);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await rm(file);
}

function pathOf({ file, compressed }: Segment): string {
  return compressed ? `${file}.gz` : file;
}
