import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { tempFolder, writeFiles } from './build-fixture.test-support.ts';
import { walkTree } from './cache/walk-tree.ts';
import { copyProject } from './copy-project.ts';

const { signal } = new AbortController();

/** Copies a folder in which something happens each time after `a.txt` was looked at and before it is copied. */
async function copyWhile(
  happens: (dir: string, look: number) => void,
): Promise<{ dir: string; target: string }> {
  const dir = writeFiles(tempFolder(), { 'a.txt': '0', 'b.txt': 'b', 'sub/c.txt': 'c' });
  const target = tempFolder();
  let looks = 0;
  const skip = (path: string): boolean => {
    if (path === 'b.txt') happens(dir, (looks += 1));
    return false;
  };
  const entries = await walkTree(dir, { signal, skip });
  await copyProject({ treeDir: dir, entries, skip }, target, signal);
  return { dir, target };
}

const grow = (dir: string, look: number): void => writeFileSync(join(dir, 'a.txt'), 'x'.repeat(look));

describe('a source that changes while it is copied', () => {
  it('is copied again where it did', async () => {
    const { target } = await copyWhile((dir, look) => look < 3 && grow(dir, look));
    expect(readFileSync(join(target, 'a.txt'), 'utf8')).toBe('xx');
  });

  it('is refused when it does not stop', async () => {
    await expect(copyWhile(grow)).rejects.toMatchObject({
      code: 'SOURCE_CHANGED',
      message: 'a.txt kept changing while the project was copied',
    });
  });

  it.each([
    ['goes', (dir: string) => rmSync(join(dir, 'a.txt'))],
    ['goes with its folder', (dir: string) => rmSync(join(dir, 'sub'), { recursive: true })],
  ])('is what it is in the end: a file that %s', async (_, remove) => {
    const { dir, target } = await copyWhile((at, look) => look === 1 && remove(at));
    for (const path of ['a.txt', 'sub', 'sub/c.txt']) {
      expect(existsSync(join(target, path))).toBe(existsSync(join(dir, path)));
    }
  });

  it('is what it is in the end: a file that becomes a folder, and one that becomes a link', async () => {
    const folder = await copyWhile((dir, look) => {
      if (look > 1) return;
      rmSync(join(dir, 'a.txt'));
      mkdirSync(join(dir, 'a.txt'));
    });
    expect(lstatSync(join(folder.target, 'a.txt')).isDirectory()).toBe(true);
    const link = await copyWhile((dir, look) => {
      if (look > 1) return;
      rmSync(join(dir, 'a.txt'));
      symlinkSync('b.txt', join(dir, 'a.txt'));
    });
    expect(readFileSync(join(link.target, 'a.txt'), 'utf8')).toBe('b');
  });
});
