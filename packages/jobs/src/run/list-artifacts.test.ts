import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { listArtifacts } from './list-artifacts.ts';

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'artifacts-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

it('lists nothing where a link, or a file, is in place of the folder', async () => {
  const dir = folder();
  mkdirSync(join(dir, 'elsewhere'));
  writeFileSync(join(dir, 'elsewhere', 'secret'), 'not of the job');
  symlinkSync(join(dir, 'elsewhere'), join(dir, 'output'));
  writeFileSync(join(dir, 'file'), '');
  expect(await listArtifacts(join(dir, 'elsewhere'))).toHaveLength(1);
  for (const name of ['output', 'file', 'missing']) expect(await listArtifacts(join(dir, name))).toEqual([]);
});

it('passes over what cannot be read, or has too long a path', async () => {
  const dir = folder();
  for (const name of ['b', 'a.txt', 'a/b', 'a-b', 'deep/0']) {
    mkdirSync(join(dir, name, '..'), { recursive: true });
    writeFileSync(join(dir, name), '');
  }
  const code = `const { mkdirSync, writeFileSync } = require('node:fs');
    const name = 'x'.repeat(200);
    for (let depth = 0; depth < 60; depth += 1) { mkdirSync(name); process.chdir(name); }
    writeFileSync('file', '');`;
  execFileSync(process.execPath, ['-e', code], { cwd: join(dir, 'deep') });
  const paths = (await listArtifacts(dir)).map(({ path }) => path);
  expect(paths).toEqual(['a-b', 'a.txt', 'a/b', 'b', 'deep/0']);
});

it('has digests for so many bytes only, and none once it has to hurry', async () => {
  const dir = folder();
  for (const name of ['a', 'b', 'd']) writeFileSync(join(dir, name), name.repeat(100));
  writeFileSync(join(dir, 'c'), '');
  truncateSync(join(dir, 'c'), 2 ** 40);
  const digests = async (options: Parameters<typeof listArtifacts>[1]): Promise<unknown[]> =>
    (await listArtifacts(dir, options)).map(({ path, size, sha256 }) => [path, size, sha256 !== null]);
  const [a, b, d] = ['a', 'b', 'd'].map((name) => [name, 100, true]);
  expect(await digests({})).toEqual([a, b, ['c', 2 ** 40, false], d]);
  expect(await digests({ maxBytes: 200 })).toEqual([a, b, ['c', 2 ** 40, false], ['d', 100, false]]);
  const hurried = await digests({ maxBytes: Infinity, hurry: AbortSignal.abort() });
  expect(hurried).toHaveLength(4);
  expect(hurried).not.toContainEqual(a);
  // What it has begun is cut short, too: to read this file takes minutes.
  const late = await digests({ maxBytes: Infinity, hurry: AbortSignal.timeout(50) });
  expect(late).toEqual([a, b, ['c', 2 ** 40, false], ['d', 100, false]]);
  const leaving = AbortSignal.timeout(50);
  await expect(digests({ maxBytes: Infinity, leaving })).rejects.toThrow(/timeout/);
});
