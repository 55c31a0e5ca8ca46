import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

import { readBase } from './spool-base.ts';

/** The bytes of a spool from `start` to `end`, or as many of them as there are. @throws Error of the file system */
export function readRange(file: string, start: number, end: number): Buffer {
  const buffer = Buffer.allocUnsafe(Math.max(0, end - start));
  const fd = openSync(file, 'r');
  try {
    const from = start - readBase(file, fstatSync(fd).size);
    // It was cut off.
    if (from < 0) return buffer.subarray(0, 0);
    let length = 0;
    for (let read = 1; read > 0 && length < buffer.length; length += read) {
      read = readSync(fd, buffer, length, buffer.length - length, from + length);
    }
    return buffer.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}
