import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The commit that is checked out in a clone; `null` where that is not to be found without Git. */
export async function readCommit(dir: string): Promise<string | null> {
  const head = await read(join(dir, '.git/HEAD'));
  const name = /^ref: (refs\/[\w./-]+)\s*$/.exec(head)?.[1];
  if (name === undefined) return /^[0-9a-f]{40,64}$/.exec(head.trim())?.[0] ?? null;
  if (name.split('/').includes('..')) return null;
  const loose = (await read(join(dir, '.git', name))).trim();
  if (loose !== '') return loose;
  const packed = await read(join(dir, '.git/packed-refs'));
  return (
    packed
      .split('\n')
      .find((line) => line.endsWith(` ${name}`))
      ?.split(' ')[0] ?? null
  );
}

async function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
