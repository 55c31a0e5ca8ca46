import { execFile } from 'node:child_process';

export interface FileRange {
  file: string;
  /** Bytes of the file. */
  offset: number;
  length: number;
}

let isThere = process.platform === 'linux';

/** Whether this machine has the program, as far as is known. */
export function hasFallocate(): boolean {
  return isThere;
}

/**
 * Takes blocks for a part of a file, or gives them back, by the program of util-linux: Node has no call for it.
 * `refused`: the file system cannot, or the file is gone; `failed`: not now.
 */
export function fallocate(
  mode: '--punch-hole' | '--keep-size',
  { file, offset, length }: FileRange,
): Promise<'done' | 'refused' | 'failed'> {
  return new Promise((resolve) => {
    const args = [mode, '--offset', String(offset), '--length', String(length), file];
    execFile('fallocate', args, { env: { PATH: process.env.PATH } }, (error, _, stderr) => {
      if (error === null) return resolve('done');
      if (error.code === 'ENOENT') isThere = false;
      const hasRun = typeof error.code === 'number' && !/No space left/.test(stderr);
      return resolve(hasRun ? 'refused' : 'failed');
    });
  });
}
