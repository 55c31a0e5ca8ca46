import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { fallocate } from './fallocate.ts';

const fileBytes = 1024 * 1024;
/** Where a child finds the first file that it is given: those of this process are closed to it where Node has capabilities. */
const inherited = '/proc/self/fd/3';

/**
 * Whether files of a folder can give back space in their middle, tried with one of its own of 1 MB, which has no name but for
 * a moment: nothing is left of it, however this process ends. `unavailable`: there is no `fallocate` here; `refused`: the
 * file system cannot.
 * @throws Error of the file system where nothing can be written
 */
export async function tryHolePunching(dir: string): Promise<'works' | 'refused' | 'unavailable'> {
  if (process.platform !== 'linux') return 'unavailable';
  const name = join(dir, `.project-runner-${randomUUID()}`);
  const handle = await open(name, 'wx', 0o600);
  try {
    const isNameless = await dropName(name);
    await handle.writeFile(Buffer.alloc(fileBytes, 1));
    await handle.sync();
    const range = { file: isNameless ? inherited : name, offset: 0, length: fileBytes };
    const outcome = await fallocate('--punch-hole', range, isNameless ? [handle.fd] : []);
    if (outcome !== 'done') return outcome === 'refused' ? 'refused' : 'unavailable';
    const { blocks, size } = await handle.stat();
    return blocks * 512 < fileBytes && size === fileBytes ? 'works' : 'refused';
  } finally {
    await handle.close();
    await rm(name, { force: true });
  }
}

/** Whether the file can do without its name, which it keeps where an open file is at no other place. */
async function dropName(name: string): Promise<boolean> {
  if (!existsSync('/proc/self/fd')) return false;
  await rm(name);
  return true;
}
