import { createReadStream, createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { open, rename, rm, stat, truncate } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

import type { LogWriter } from '@project-runner/core';

import { formatBatch } from './cri-line.ts';
import { listSegments, segmentName } from './segments.ts';
import type { Segment } from './segments.ts';

export interface OpenLogOptions {
  maxBytes: number;
  maxFiles: number;
  maxAgeMs: number;
  gzip: boolean;
}

interface OpenSegment {
  file: string;
  handle: FileHandle;
  size: number;
  /** Number of the line that may follow: lines of a segment are numbered without gaps from its name. */
  next: number;
}

/** Appends to the newest segment of a log and begins a new one when it is full. */
export function openLog(dir: string, options: OpenLogOptions): LogWriter {
  let current: OpenSegment | null = null;
  let compressing: Promise<void> = Promise.resolve();

  const begin = async (first: number): Promise<OpenSegment> => {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const last = listSegments(dir).at(-1);
    const mended = last && !last.compressed ? await mend(last) : null;
    const continued =
      last && mended && mended.bytes < options.maxBytes && last.first + mended.lines === first;
    const file = continued ? last.file : join(dir, segmentName(first));
    const handle = await open(file, 'a', 0o600);
    return { file, handle, size: (await handle.stat()).size, next: first };
  };

  const rotate = async (): Promise<void> => {
    const full = current;
    current = null;
    await full?.handle.close();
    if (full && options.gzip) compressing = compressing.then(() => compress(full.file));
    await compressing;
    await removeOld(dir, options);
  };

  return {
    async write(batch) {
      const bytes = formatBatch(batch);
      const full = current && current.size > 0 && current.size + bytes.length > options.maxBytes;
      if (full || (current && current.next !== batch.sequence)) await rotate();
      current ??= await begin(batch.sequence);
      const { handle, size } = current;
      try {
        await writeAll(handle, bytes);
        current.size = size + bytes.length;
        current.next = batch.sequence + batch.count;
      } catch (error) {
        // A full disk may have taken half a line: cut it off, so that what follows is whole again.
        await handle.truncate(size);
        throw error;
      }
    },
    async close() {
      const open = current;
      current = null;
      await open?.handle.close();
      await compressing;
    },
  };
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await handle.write(bytes, done)).bytesWritten;
  }
}

/** Cuts a torn last line off; answers what is left. */
async function mend({ file }: Segment): Promise<{ bytes: number; lines: number }> {
  const bytes = readFileSync(file);
  const whole = bytes.lastIndexOf(0x0a) + 1;
  if (whole < bytes.length) await truncate(file, whole);
  let lines = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) lines += 1;
  return { bytes: whole, lines };
}

/** The plain file goes only when the compressed one is there wholly. */
async function compress(file: string): Promise<void> {
  const draft = `${file}.gz.tmp`;
  await pipeline(createReadStream(file), createGzip(), createWriteStream(draft, { mode: 0o600 }));
  await rename(draft, `${file}.gz`);
  await rm(file);
}

/** `maxFiles` counts the segment that is about to begin. */
async function removeOld(dir: string, { maxFiles, maxAgeMs }: OpenLogOptions): Promise<void> {
  const segments = listSegments(dir);
  const surplus = new Set(segments.slice(0, Math.max(0, segments.length - (maxFiles - 1))));
  const oldest = Date.now() - maxAgeMs;
  for (const segment of segments) {
    const old = surplus.has(segment) || (await stat(segment.file)).mtimeMs < oldest;
    if (old) await rm(segment.file, { force: true });
  }
}
