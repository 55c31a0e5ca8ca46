import { closeSync, constants, existsSync, fstatSync, openSync, readSync } from 'node:fs';

import type { JobProgress } from '../job-result.ts';
import type { RunFiles } from '../store/run-files.ts';
import { parseProgress } from './result-channel.ts';

export interface ProgressFollower {
  /** Hands over what is left, and ends. */
  finish(): void;
}

const lookEveryMs = 100;
const chunkBytes = 64 * 1024;
/** A job may have made something else of it: to open a pipe must not wait for who writes to it. Not on Windows. */
const openFlags = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);

/** Reads the result channels of a run, attempt by attempt, as they grow; in whatever process. */
export function followProgress(
  files: RunFiles,
  onProgress: (progress: JobProgress) => void,
): ProgressFollower {
  let attempt = 1;
  let offset = 0;
  /** The beginning of a line of which the rest is still to come. */
  let carry: Buffer = Buffer.alloc(0);

  const tell = (line: string): void => {
    const progress = parseProgress(line);
    if (!progress) return;
    try {
      onProgress(progress);
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  };
  const take = (bytes: Buffer): void => {
    const text = Buffer.concat([carry, bytes]);
    const end = text.lastIndexOf(0x0a) + 1;
    for (const line of text.subarray(0, end).toString().split('\n')) tell(line);
    // No progress is as long as that.
    carry = text.length - end > chunkBytes ? Buffer.alloc(0) : text.subarray(end);
  };
  const look = (): void => {
    for (;;) {
      // Looked for first: what comes before it is then there wholly.
      const hasNext = existsSync(files.output(attempt + 1));
      readOn(files.result(attempt), offset, (bytes, from) => {
        if (from < offset) carry = Buffer.alloc(0);
        offset = from + bytes.length;
        take(bytes);
      });
      if (!hasNext) return;
      attempt += 1;
      offset = 0;
      carry = Buffer.alloc(0);
    }
  };

  const timer = setInterval(look, lookEveryMs).unref();
  return {
    finish() {
      clearInterval(timer);
      look();
      tell(carry.toString());
    },
  };
}

/** The last that an attempt told; `null` for nothing. */
export function lastProgress(files: RunFiles, attempt: number): JobProgress | null {
  let last: JobProgress | null = null;
  readOn(files.result(attempt), -chunkBytes, (bytes) => {
    for (const line of bytes.toString().split('\n')) last = parseProgress(line) ?? last;
  });
  return last;
}

/** From a byte on, from the end where that is negative; from the start of a file that was written anew. */
function readOn(file: string, from: number, take: (bytes: Buffer, from: number) => void): void {
  let fd: number;
  try {
    fd = openSync(file, openFlags);
  } catch {
    // The job has not written it, or it is being removed.
    return;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return;
    const { size } = stat;
    let at = from < 0 ? Math.max(size + from, 0) : from > size ? 0 : from;
    for (let length = 1; length > 0; at += length) {
      const buffer = Buffer.allocUnsafe(chunkBytes);
      length = readSync(fd, buffer, 0, chunkBytes, at);
      if (length > 0) take(buffer.subarray(0, length), at);
    }
  } finally {
    closeSync(fd);
  }
}
