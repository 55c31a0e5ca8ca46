import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { fallocate } from './fallocate.ts';

const fileBytes = 1024 * 1024;

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
    const file = await withoutName(handle, name);
    await handle.writeFile(Buffer.alloc(fileBytes, 1));
    await handle.sync();
    const outcome = await fallocate('--punch-hole', { file, offset: 0, length: fileBytes });
    if (outcome !== 'done') return outcome === 'refused' ? 'refused' : 'unavailable';
    const { blocks, size } = await handle.stat();
    return blocks * 512 < fileBytes && size === fileBytes ? 'works' : 'refused';
  } finally {
    await handle.close();
    await rm(name, { force: true });
  }
}

/** Where another program finds the open file; it keeps its name where there is no such place. */
async function withoutName({ fd }: FileHandle, name: string): Promise<string> {
  const place = `/proc/${process.pid}/fd/${fd}`;
  if (!existsSync(place)) return name;
  await rm(name);
  return place;
}
