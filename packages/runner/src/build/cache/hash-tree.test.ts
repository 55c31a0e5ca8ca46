import {
  chmodSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { tempFolder, writeFiles } from '../build-fixture.test-support.ts';
import { hashTree } from './hash-tree.ts';
import type { TreeContent } from './hash-tree.ts';
import { walkTree } from './walk-tree.ts';
import type { TreeEntry } from './walk-tree.ts';

const { signal } = new AbortController();

/** As if nothing had been written for a while: what is young is never trusted. */
const aged = (entries: TreeEntry[]): TreeEntry[] => entries.map((entry) => ({ ...entry, changedAtMs: 1 }));

async function hash(root: string, memory: string): Promise<TreeContent> {
  return hashTree(root, aged(await walkTree(root, { signal })), { signal, memory });
}

function project(): string {
  return writeFiles(tempFolder(), { 'a.txt': 'one', 'src/b.txt': 'two', 'src/deep/c.txt': '' });
}

it('is the same for the same tree elsewhere, and another for every difference that a build can see', async () => {
  const root = project();
  const memory = join(tempFolder(), 'm');
  const { digest } = await hash(root, memory);
  expect((await hash(project(), join(tempFolder(), 'm'))).digest).toBe(digest);
  const seen = new Set([digest]);
  const differs = async (change: () => void): Promise<void> => {
    change();
    const next = (await hash(root, memory)).digest;
    expect(seen).not.toContain(next);
    expect((await hash(root, join(tempFolder(), 'fresh'))).digest).toBe(next);
    seen.add(next);
  };
  await differs(() => writeFileSync(join(root, 'a.txt'), 'One'));
  await differs(() => renameSync(join(root, 'a.txt'), join(root, 'A.txt')));
  await differs(() => chmodSync(join(root, 'A.txt'), 0o755));
  await differs(() => writeFiles(root, { 'empty/x': '' }));
  await differs(() => rmSync(join(root, 'empty/x')));
  await differs(() => symlinkSync('A.txt', join(root, 'link')));
  await differs(() => {
    rmSync(join(root, 'link'));
    symlinkSync('src/b.txt', join(root, 'link'));
  });
  await differs(() => rmSync(join(root, 'src/deep'), { recursive: true }));
});

it('sees a change that kept size and time', async () => {
  const root = project();
  const memory = join(tempFolder(), 'm');
  const file = join(root, 'a.txt');
  const { atime, mtime } = statSync(file);
  const { digest } = await hash(root, memory);
  writeFileSync(file, 'two');
  utimesSync(file, atime, mtime);
  expect((await hash(root, memory)).digest).not.toBe(digest);
});

it('reads nothing where nothing has changed, and only what has changed otherwise', async () => {
  const root = project();
  const memory = join(tempFolder(), 'm');
  const { digest } = await hash(root, memory);
  // A memory that lies shows what is taken from it.
  const files = `${memory}.files.json`;
  writeFileSync(files, readFileSync(files, 'utf8').replace(/(a\.txt","[^"]+",")[0-9a-f]+/, '$1lie'));
  expect((await hash(root, memory)).digest).toBe(digest);
  writeFileSync(join(root, 'src/b.txt'), 'three');
  const hashes = await (await hash(root, memory)).hashes();
  expect(hashes.get('a.txt')).toMatch(/lie$/);
  expect(hashes.get('src/b.txt')).toMatch(/ [0-9a-f]{64}$/);
});

it('does not trust what is younger than the clock of a file system is exact', async () => {
  const root = project();
  const memory = join(tempFolder(), 'm');
  await hashTree(root, await walkTree(root, { signal }), { signal, memory });
  expect(JSON.parse(readFileSync(`${memory}.files.json`, 'utf8'))).toEqual({ formatVersion: 1, files: [] });
  expect(() => readFileSync(`${memory}.json`)).toThrow('ENOENT');
});

it.each(['', '{', 'null', '[]', '{"formatVersion":1}', '{"formatVersion":2,"files":[]}'])(
  'is not harmed by a memory that is damaged: %j',
  async (text) => {
    const root = project();
    const memory = join(tempFolder(), 'm');
    const { digest } = await hash(root, memory);
    writeFileSync(`${memory}.json`, text);
    writeFileSync(`${memory}.files.json`, text);
    expect((await hash(root, memory)).digest).toBe(digest);
  },
);

it('does without a memory where it cannot be written', async () => {
  const root = project();
  const file = join(tempFolder(), 'file');
  writeFileSync(file, '');
  expect((await hash(root, join(file, 'm'))).digest).toBe((await hash(root, join(tempFolder(), 'm'))).digest);
});
