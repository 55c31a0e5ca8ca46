import { mkdir, open, readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';

import { indexLines } from './index-lines.ts';
import { listSegments, readSegment, segmentName } from './segments.ts';

/** The segment that is written. */
export interface OpenSegment {
  /** Bytes in whole lines. */
  readonly size: number;
  /** Number of the line that may follow without saying its number. */
  readonly next: number;
  /** Appends all of it, or throws and leaves the file as it was. A piece must be valid until the next one is asked for. */
  append(pieces: Iterable<Buffer>, next: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens the newest segment of a log as an earlier writer left it, `null` for a log that has none. */
export async function openNewestSegment(dir: string, maxBytes: number): Promise<OpenSegment | null> {
  await removeLeftovers(dir);
  const last = (await listSegments(dir)).at(-1);
  const bytes = last && (await readSegment(last));
  if (!last || !bytes) return null;
  const { length, next } = indexLines(bytes, last.first);
  // Half a line that a writer left which was killed; also where that segment is full by now.
  if (!last.compressed && length < bytes.length) await truncate(last.file, length);
  if (last.compressed || length >= maxBytes) return openSegment(dir, next);
  return openSegment(dir, last.first, length, next);
}

export async function openSegment(
  dir: string,
  first: number,
  startSize = 0,
  startNext: number = first,
): Promise<OpenSegment> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const handle = await open(join(dir, segmentName(first)), 'a', 0o600);
  let size = startSize;
  let next = startNext;
  let torn = false;

  const mend = async (): Promise<void> => {
    await handle.truncate(size);
    torn = false;
  };

  return {
    get size() {
      return size;
    },
    get next() {
      return next;
    },
    async append(pieces, following) {
      if (torn) await mend();
      torn = true;
      let written = 0;
      try {
        for (const piece of pieces) {
          for (let done = 0; done < piece.length;) {
            done += (await handle.write(piece, done)).bytesWritten;
          }
          written += piece.length;
        }
      } catch (error) {
        // A full disk may have taken half a line. Where even cutting it off fails, the next write tries that first.
        await mend().catch(() => undefined);
        throw error;
      }
      torn = false;
      size += written;
      next = following;
    },
    async close() {
      // Closing must not fail for a line that the next writer cuts off, too.
      if (torn) await mend().catch(() => undefined);
      await handle.close();
    },
  };
}

/** What a compression leaves behind that the runner's death cut short. */
async function removeLeftovers(dir: string): Promise<void> {
  // A folder that cannot be read fails below, where it is listed; one that is missing holds nothing.
  const names = new Set(await readdir(dir).catch(() => []));
  for (const name of names) {
    const twin = name.endsWith('.gz') && names.has(name.slice(0, -'.gz'.length));
    if (twin || name.endsWith('.tmp')) await rm(join(dir, name), { force: true });
  }
}
