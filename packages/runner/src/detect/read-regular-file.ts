import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/**
 * The text of a file of a project, which is a stranger's: a pipe or a device in its place would be read for ever, and a
 * huge file is no text that anybody wrote.
 * @throws Error with `code` for what is no file, is larger than that or cannot be read
 */
export function readRegularFile(path: string, maxBytes: number): string {
  // Nobody may ever write into a pipe: opening it must not wait for that.
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw failure('ENOTFILE', 'it is no regular file');
    if (stats.size > maxBytes) {
      throw failure(
        'EFBIG',
        `it has ${megabytes(stats.size)} MB, and at most ${megabytes(maxBytes)} are read`,
      );
    }
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(bytes % 2 ** 20 === 0 ? 0 : 1);
}
