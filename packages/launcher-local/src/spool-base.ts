import { fstatSync, ftruncateSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

import { cannotTell } from './cannot-tell.ts';

/** Kept beside a spool whose beginning was cut off. */
interface Base {
  /** Bytes of output before the first one in the file. */
  base: number;
  /** A cut that was begun: it is done when the file is shorter than `size`. */
  next?: { base: number; size: number };
}

const baseFile = (file: string): string => `${file}.base`;

/** How many bytes of output were cut off before the file's first one. @throws Error of the file system where that cannot be told */
export function readBase(file: string, size: number): number {
  try {
    const { base, next } = JSON.parse(readFileSync(baseFile(file), 'utf8')) as Base;
    return next && size < next.size ? next.base : base;
  } catch (error) {
    if (cannotTell(error)) throw error;
    // Nothing was ever cut off.
    return 0;
  }
}

/**
 * Empties a spool of which all was read, where its space cannot be given back otherwise. The writer appends, so it goes on
 * at the new end. What it writes in the microseconds between the last look and the cut would be lost, so this is for
 * platforms without holes only. @returns the new base; the old one where the file has grown
 */
export function cutSpool(file: string, fd: number, base: number, size: number): number {
  const next = { base: base + size, size };
  write(file, { base, next });
  if (fstatSync(fd).size !== size) return base;
  ftruncateSync(fd, 0);
  write(file, { base: next.base });
  return next.base;
}

function write(file: string, base: Base): void {
  writeFileSync(`${baseFile(file)}.tmp`, JSON.stringify(base), { mode: 0o600 });
  renameSync(`${baseFile(file)}.tmp`, baseFile(file));
}
