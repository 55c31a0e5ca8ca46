import { closeSync, fstatSync, fsync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

import { formatRecord } from './run-record.ts';
import type { RunRecord } from './run-record.ts';
import type { RunFiles } from './run-files.ts';

const sync = promisify(fsync);

/**
 * Puts the result of a run in its place, see `formatRecord`. It is on the disk before anybody sees it: as long as the
 * line ending is missing there is no result, and in place of a blank it needs no more space. It is written over all that was
 * there before, so that whoever is killed before the rest is cut off leaves a result that may not be on the disk yet, not one
 * with something behind it. `syncRoot` brings the folder to the disk that the one of all runs is in.
 * @throws Error of the file system
 */
export async function writeResult(
  { record: file, dir }: RunFiles,
  record: RunRecord,
  syncRoot: () => Promise<void>,
): Promise<void> {
  const [head, line] = formatRecord(record);
  const start = Buffer.byteLength(head);
  const result = Buffer.from(`${line.slice(0, -1)} `);
  const fd = openSync(file, 'r+');
  try {
    const rest = Buffer.alloc(Math.max(fstatSync(fd).size - start - result.length, 0), ' ');
    const written = writeSync(fd, Buffer.concat([result, rest]), 0, result.length + rest.length, start);
    ftruncateSync(fd, start + Math.min(written, result.length));
    if (written < result.length) {
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC', syscall: 'write' });
    }
    // At once, so that a journal has to be written once for all of them; none is left under way.
    const synced = await Promise.allSettled([
      sync(fd),
      syncFolder(dir),
      syncFolder(dirname(dir)),
      syncRoot(),
    ]);
    for (const each of synced) if (each.status === 'rejected') throw each.reason as Error;
    writeSync(fd, '\n', start + result.length - 1);
  } finally {
    closeSync(fd);
  }
}

/** Folders of Windows, and of some networks, cannot be. @throws Error of the file system */
export async function syncFolder(dir: string): Promise<void> {
  let fd: number | null = null;
  try {
    fd = openSync(dir, 'r');
    await sync(fd);
  } catch (error) {
    const cannot = ['EPERM', 'EACCES', 'EISDIR', 'EINVAL', 'ENOTSUP'];
    if (!cannot.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    if (fd !== null) closeSync(fd);
  }
}
