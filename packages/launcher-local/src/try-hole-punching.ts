import { randomUUID } from 'node:crypto';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { fallocate } from './fallocate.ts';

const fileBytes = 1024 * 1024;

/**
 * Whether files of a folder can give back space in their middle, tried with one of its own. `unavailable`: there is no
 * `fallocate` here; `refused`: the file system cannot.
 * @throws Error of the file system where nothing can be written
 */
export async function tryHolePunching(dir: string): Promise<'works' | 'refused' | 'unavailable'> {
  if (process.platform !== 'linux') return 'unavailable';
  const file = join(dir, `.project-runner-${randomUUID()}`);
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(Buffer.alloc(fileBytes, 1));
      await handle.sync();
    } finally {
      await handle.close();
    }
    const outcome = await fallocate('--punch-hole', { file, offset: 0, length: fileBytes });
    if (outcome !== 'done') return outcome === 'refused' ? 'refused' : 'unavailable';
    const { blocks, size } = await stat(file);
    return blocks * 512 < fileBytes && size === fileBytes ? 'works' : 'refused';
  } finally {
    await rm(file, { force: true });
  }
}
