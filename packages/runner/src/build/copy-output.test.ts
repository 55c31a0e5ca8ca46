import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';

import type { FrameworkPlugin, OutputCopy } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { tempFolder, testBuilder, writeFiles } from './build-fixture.test-support.ts';
import type { Files } from './build-fixture.test-support.ts';
import { releaseDir } from './release.ts';

const script = 'node build.mjs';

/** A server that looks for its assets beside its entry. */
const framework = (copies: FrameworkPlugin['copies']): FrameworkPlugin => ({
  kind: 'framework',
  name: 'own',
  apiVersion: 1,
  drainSeconds: 1,
  detect: () => ({ strength: 'specific', reason: 'a test' }),
  build: () => ({ script: 'build' }),
  output: () => 'out/server.js',
  ...(copies ? { copies } : {}),
  start: () => ({ command: { file: 'node', args: ['out/server.js'] }, cwd: 'release' }),
  env: ({ port }) => ({ PORT: String(port) }),
});

/** Builds a project with these files by a script, and says where it was built. */
async function build(
  files: Files,
  buildScript: string,
  copies: FrameworkPlugin['copies'],
  { signal, onLog }: { signal?: AbortSignal; onLog?: (line: string) => void } = {},
): Promise<{ dir: string; errorMessage: string | null; log: string[] }> {
  const source = writeFiles(tempFolder(), {
    'package.json': { json: { type: 'module', scripts: { build: script } } },
    'build.mjs': `import fs from 'node:fs';\nfs.mkdirSync('out');\nfs.writeFileSync('out/server.js', '');\n${buildScript}`,
    ...files,
  });
  const { build, buildDir } = testBuilder({}, [framework(copies)]);
  const log: string[] = [];
  const note = (line: string): void => {
    log.push(line);
    onLog?.(line);
  };
  const result = await build(source, signal ? { signal } : {}, { onLog: note });
  const projectId = readdirSync(buildDir).find((name) => !name.startsWith('.')) ?? '';
  return { dir: releaseDir(buildDir, projectId, result.id), ...result, log };
}

const assets = [{ from: 'public', to: 'out/public' }];

describe('what a framework wants copied after a build', () => {
  it('is there in the release, with the folders on the way to it', async () => {
    const files = { 'public/a.txt': 'a', 'public/deep/b.txt': 'b', 'one.txt': 'one' };
    const { dir, errorMessage, log } = await build(files, '', () => [
      ...assets,
      { from: 'one.txt', to: 'out/x/y/two.txt' },
    ]);
    expect(errorMessage).toBeNull();
    expect(log).toEqual(expect.arrayContaining(['Copying public to out/public']));
    expect(readFileSync(join(dir, 'out/public/a.txt'), 'utf8')).toBe('a');
    expect(readFileSync(join(dir, 'out/public/deep/b.txt'), 'utf8')).toBe('b');
    expect(readFileSync(join(dir, 'out/x/y/two.txt'), 'utf8')).toBe('one');
  });

  it('joins what the build put there itself, and wins over it', async () => {
    const made = `fs.mkdirSync('out/public');
      fs.writeFileSync('out/public/a.txt', 'old');
      fs.writeFileSync('out/public/made.txt', 'made');`;
    const { dir } = await build({ 'public/a.txt': 'new' }, made, () => assets);
    expect(readFileSync(join(dir, 'out/public/a.txt'), 'utf8')).toBe('new');
    expect(readFileSync(join(dir, 'out/public/made.txt'), 'utf8')).toBe('made');
  });

  it('is never written through links that the build made', async () => {
    const outside = writeFiles(tempFolder(), { 'file.txt': 'theirs' });
    const linked = `fs.mkdirSync('out/public');
      fs.linkSync('${outside}/file.txt', 'out/public/hard.txt');
      fs.symlinkSync('${outside}/file.txt', 'out/public/soft.txt');
      fs.symlinkSync('${outside}', 'out/public/folder');`;
    const files = { 'public/hard.txt': '1', 'public/soft.txt': '2', 'public/folder/file.txt': '3' };
    const { dir, errorMessage } = await build(files, linked, () => assets);
    expect(errorMessage).toBeNull();
    expect(readdirSync(outside)).toEqual(['file.txt']);
    expect(readFileSync(join(outside, 'file.txt'), 'utf8')).toBe('theirs');
    expect(readFileSync(join(dir, 'out/public/folder/file.txt'), 'utf8')).toBe('3');
    expect(lstatSync(join(dir, 'out/public/soft.txt')).isFile()).toBe(true);
    expect(statSync(join(dir, 'out/public/hard.txt')).nlink).toBe(1);
  });

  it('keeps a symlink of the project one, and follows one that is named', async () => {
    const files = { 'shared/a.txt': 'a', public: { link: 'shared' }, 'shared/b.txt': { link: 'a.txt' } };
    const { dir, errorMessage } = await build(files, '', () => assets);
    expect(errorMessage).toBeNull();
    expect(lstatSync(join(dir, 'out/public')).isDirectory()).toBe(true);
    expect(readlinkSync(join(dir, 'out/public/b.txt'))).toBe('../../shared/a.txt');
    expect(realpathSync(join(dir, 'out/public/b.txt'))).toBe(join(dir, 'shared/a.txt'));
  });

  it('does not leave the project: a link that the build put on the way is refused before anything is made', async () => {
    const outside = tempFolder();
    const { errorMessage } = await build(
      { 'public/a.txt': 'a' },
      `fs.symlinkSync('${outside}', 'away');`,
      () => [{ from: 'public', to: 'away/deep/public' }],
    );
    expect(errorMessage).toMatch(/away\/deep lead to .*outside of the project.*instead of a symlink/);
    expect(readdirSync(outside)).toEqual([]);
  });

  it('is not taken from outside of the project', async () => {
    const outside = writeFiles(tempFolder(), { 'secret.txt': 'secret' });
    const link = `fs.mkdirSync('made'); fs.symlinkSync('${outside}/secret.txt', 'made/link.txt');`;
    const { dir, errorMessage } = await build({}, link, () => [{ from: 'made', to: 'out/made' }]);
    expect(errorMessage).toMatch(/link\.txt is a symlink to .*outside of the project/);
    expect(existsSync(dir)).toBe(false);
  });

  it('ends when the build is cancelled, and nothing is kept', async () => {
    const cancel = new AbortController();
    const { dir, errorMessage } = await build({ 'public/a.txt': 'a' }, '', () => assets, {
      signal: cancel.signal,
      onLog: (line) => line.startsWith('Copying public') && cancel.abort(),
    });
    expect(errorMessage).toMatch(/Build was cancelled/);
    expect(existsSync(dir)).toBe(false);
  });

  it('must be there', async () => {
    const { errorMessage } = await build({}, '', () => assets);
    expect(errorMessage).toMatch(/Build output not found at .*\/public, which a own server needs/);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['no list', () => ({}), /copies must answer a list of \{ from, to \}.*found object/],
    ['a promise', () => Promise.reject(new Error('late')), /found a promise; the method must be synchronous/],
    ['no pair', () => [null], /\[0\]\.from is undefined/],
    ['a path upwards', () => [{ from: 'public', to: 'out/../../x' }], /\[0\]\.to is "out\/\.\.\/\.\.\/x"/],
    ['an absolute path', () => [{ from: '/etc', to: 'out/etc' }], /\[0\]\.from is "\/etc"/],
    ['a folder into itself', () => [{ from: 'public', to: 'public/again' }], /a folder and one inside of it/],
    ['a folder over its own', () => [{ from: 'public/deep', to: 'public' }], /a folder and one inside of it/],
    ['the whole project', () => [{ from: './', to: 'out/all' }], /\[0\]\.from is "\.\/"/],
  ])('that is %s is the fault of that plugin', async (_, answer, message) => {
    const files = { 'public/deep/a.txt': 'a' };
    const { errorMessage } = await build(files, '', answer as () => readonly OutputCopy[]);
    expect(errorMessage).toMatch(message);
    expect(errorMessage).toContain('[framework:own]');
  });
});
