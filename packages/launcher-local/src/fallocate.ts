import { spawn } from 'node:child_process';

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
 * Takes blocks for a part of a file, or gives them back, by the program of util-linux: Node has no call for it. `open`: files
 * of this process that it is given, as 3 and on.
 * `refused`: the file system cannot, or the file is gone; `failed`: not now.
 */
export function fallocate(
  mode: '--punch-hole' | '--keep-size',
  { file, offset, length }: FileRange,
  open: readonly number[] = [],
): Promise<'done' | 'refused' | 'failed'> {
  return new Promise((resolve) => {
    const args = [mode, '--offset', String(offset), '--length', String(length), file];
    const child = spawn('fallocate', args, {
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'ignore', 'pipe', ...open],
    });
    let told = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (told += text));
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') isThere = false;
      resolve('failed');
    });
    child.on('close', (code) => {
      if (code === 0) return resolve('done');
      return resolve(code !== null && !/No space left/.test(told) ? 'refused' : 'failed');
    });
  });
}
