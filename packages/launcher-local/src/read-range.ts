import { closeSync, openSync, readSync } from 'node:fs';

/** The bytes of a file from `start` to `end`, or as many of them as there are. @throws Error of the file system */
export function readRange(file: string, start: number, end: number): Buffer {
  const buffer = Buffer.allocUnsafe(Math.max(0, end - start));
  const fd = openSync(file, 'r');
  try {
    let length = 0;
    for (let read = 1; read > 0 && length < buffer.length; length += read) {
      read = readSync(fd, buffer, length, buffer.length - length, start + length);
    }
    return buffer.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}
