import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

import { npm } from '@project-runner/pm-npm';
import { pnpm } from '@project-runner/pm-pnpm';
import { yarn } from '@project-runner/pm-yarn';
import { describe, expect, it } from 'vitest';

import { projectRecord } from '../records.test-support.ts';
import { tempFolder, writeFiles } from './build-fixture.test-support.ts';
import type { Files } from './build-fixture.test-support.ts';
import { locateSource } from './locate-source.ts';
import type { LocateSourceOptions } from './locate-source.ts';
import { prepareSource } from './prepare-source.ts';
import type { Snapshot } from './prepare-source.ts';

const withBuild = { json: { scripts: { build: 'tsc' } } };

async function prepare(path: string, changes: Partial<LocateSourceOptions> = {}): Promise<Snapshot> {
  const buildDir = tempFolder();
  const options = {
    source: { getProjectPath: () => Promise.resolve(path) },
    targetDir: join(buildDir, 'target'),
    buildDir,
    managers: [npm(), pnpm(), yarn()],
    skipInstall: false,
    signal: new AbortController().signal,
    onLateAnswer: () => {},
    ...changes,
  };
  const source = await locateSource(projectRecord(path), options);
  return prepareSource(source, realpathSync(options.targetDir), options.signal);
}

/** Prepares from a source that writes into the folder it is given, as a clone does. */
function prepareClone(files: Files, at = '.'): Promise<Snapshot> {
  return prepare('unused', {
    source: { getProjectPath: async (_, targetDir) => join(writeFiles(targetDir, files), at) },
  });
}

/** Files and links; `readdir` with `recursive` would follow the links. */
const list = (dir: string, prefix = ''): string[] =>
  readdirSync(dir, { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory() ? list(join(dir, entry.name), `${prefix}${entry.name}/`) : [prefix + entry.name],
    )
    .sort();

describe('a source that hands back a folder', () => {
  it('loses what a build makes anew at its top only, and node_modules and .git everywhere', async () => {
    const kept = ['vendor/lib/dist/index.js', 'src/.next/x', 'docs/.turbo/x', 'test/.mastra/x'];
    const dropped = [
      'dist/index.js',
      '.next/x',
      '.turbo/x',
      '.mastra/x',
      '.output/server/index.mjs',
      '.nuxt/x',
      '.svelte-kit/x',
      'vendor/lib/node_modules/a/x',
      'sub/.git/x',
    ];
    const files = Object.fromEntries([...kept, ...dropped].map((name) => [name, '']));
    const dir = writeFiles(tempFolder(), { ...files, 'package.json': withBuild });
    const { projectDir } = await prepare(dir);
    expect(list(projectDir)).toEqual([...kept, 'package.json'].sort());
  });

  it('keeps the outputs where no build script makes them anew', async () => {
    const dir = writeFiles(tempFolder(), { 'dist/index.js': '', 'package.json': { json: {} } });
    const { projectDir } = await prepare(dir);
    expect(list(projectDir)).toEqual(['dist/index.js', 'package.json']);
  });

  const workspace: Files = {
    'package.json': {
      json: { workspaces: ['apps/*', 'libs/*'], devDependencies: { '@acme/tool': '*' } },
    },
    'shared.json': '',
    'apps/web/package.json': {
      json: { scripts: { build: 'x' }, dependencies: { '@acme/ui': '*', '@acme/data': '*' } },
    },
    'apps/web/dist/old.js': '',
    'apps/other/package.json': { json: { name: 'other', scripts: { postinstall: 'x' }, bin: 'x.js' } },
    'apps/other/index.js': '',
    'libs/ui/package.json': { json: { name: '@acme/ui', scripts: { build: 'x' } } },
    'libs/ui/dist/old.js': '',
    'libs/ui/index.js': '',
    'libs/data/package.json': { json: { name: '@acme/data' } },
    'libs/data/dist/index.js': '',
    'libs/tool/package.json': { json: { name: '@acme/tool', scripts: { build: 'x' } } },
    'libs/tool/dist/tool.js': '',
    'libs/no-package/readme.md': '',
  };
  const needed = [
    'apps/web/package.json',
    'libs/data/dist/index.js',
    'libs/data/package.json',
    'libs/no-package/readme.md',
    'libs/tool/dist/tool.js',
    'libs/tool/package.json',
    'libs/ui/index.js',
    'libs/ui/package.json',
    'package.json',
    'shared.json',
  ];

  it('copies of a workspace what the project needs, without what its dependencies make anew', async () => {
    const root = writeFiles(tempFolder(), workspace);
    const { rootDir, projectDir, leftOut } = await prepare(join(root, 'apps/web'));
    expect(projectDir).toBe(join(rootDir, 'apps/web'));
    expect(leftOut).toEqual(['apps/other']);
    expect(list(rootDir)).toEqual(needed);
  });

  it('leaves the manifests of the others where the package manager compares them with its lockfile', async () => {
    const root = writeFiles(tempFolder(), { ...workspace, '.yarnrc.yml': '', 'yarn.lock': '__metadata:' });
    const { rootDir, leftOut } = await prepare(join(root, 'apps/web'));
    expect(leftOut).toEqual(['apps/other']);
    expect(list(rootDir)).toEqual(['.yarnrc.yml', 'apps/other/package.json', ...needed, 'yarn.lock']);
    const stub = readFileSync(join(rootDir, 'apps/other/package.json'), 'utf8');
    expect(JSON.parse(stub)).toEqual({ name: 'other', bin: 'x.js' });
  });

  it.each<[string, Files]>([
    ['the manifest', { 'apps/linked/package.json': { link: '../../../secret.json' } }],
    ['the folder', { 'apps/linked': { link: '../../outside' } }],
  ])('refuses a member that is not needed where %s is a link that leaves the workspace', async (_, more) => {
    const folder = writeFiles(tempFolder(), {
      'secret.json': { json: { name: 'linked', token: 'of-the-host' } },
      'outside/package.json': { json: { name: 'linked', token: 'of-the-host' } },
    });
    const files = { ...workspace, '.yarnrc.yml': '', 'yarn.lock': '__metadata:', ...more };
    const root = writeFiles(join(folder, 'root'), files);
    await expect(prepare(join(root, 'apps/web'))).rejects.toMatchObject({ code: 'SYMLINK_ESCAPES' });
  });

  it('never has builds copied into a build, and keeps a link whose target has the name of an output', async () => {
    const dir = writeFiles(tempFolder(), {
      'package.json': withBuild,
      'made/builds/old/index.js': '',
      'assets/a.txt': '',
      dist: { link: 'assets' },
      public: { link: 'assets' },
    });
    const buildDir = join(dir, 'made/builds');
    const { projectDir } = await prepare(dir, { buildDir, targetDir: join(buildDir, 'new') });
    expect(list(projectDir)).toEqual(['assets/a.txt', 'package.json', 'public']);
    expect(readlinkSync(join(projectDir, 'public'))).toBe('assets');
  });
});

describe('a source that fills the folder it is given', () => {
  it('is used as it is', async () => {
    const { projectDir } = await prepareClone({
      'package.json': withBuild,
      'dist/index.js': '',
      'inner/link': { link: '../dist/index.js' },
      '.git/hooks': { link: '/etc' },
    });
    expect(list(projectDir)).toEqual(['.git/hooks', 'dist/index.js', 'inner/link', 'package.json']);
  });

  it.each([
    ['a file of the host', { secrets: { link: '/etc/passwd' } }],
    ['a folder further up', { 'a/b/up': { link: '../../..' } }],
    ['nothing, out there', { gone: { link: '/nowhere/at/all' } }],
    ['a way around', { inner: { link: '/etc' }, chain: { link: 'inner/passwd' } }],
    ['one in node_modules', { 'node_modules/x': { link: '/etc' } }],
  ])('is refused with a link to %s', async (_, links) => {
    await expect(prepareClone({ 'package.json': withBuild, ...links })).rejects.toMatchObject({
      code: 'SYMLINK_ESCAPES',
    });
  });

  it('is refused for a link beside the project, too', async () => {
    const files: Files = { 'app/package.json': withBuild, evil: { link: '/etc' } };
    await expect(prepareClone(files, 'app')).rejects.toMatchObject({ code: 'SYMLINK_ESCAPES' });
  });

  it('is refused when the project itself is such a link, or its package.json', async () => {
    const elsewhere = writeFiles(tempFolder(), { 'package.json': withBuild, secret: 'oops' });
    const escapes = { code: 'SYMLINK_ESCAPES', message: expect.not.stringContaining('oops') as string };
    await expect(prepareClone({ app: { link: elsewhere } }, 'app')).rejects.toMatchObject(escapes);
    const files: Files = { 'package.json': { link: join(elsewhere, 'secret') } };
    await expect(prepareClone(files)).rejects.toMatchObject(escapes);
  });

  it('is a member of its own workspace and never of one of the host', async () => {
    const host = writeFiles(tempFolder(), { 'package.json': { json: { workspaces: ['**'] } } });
    const buildDir = join(host, 'builds');
    const clone = (files: Files, at: string): Promise<Snapshot> =>
      prepare('unused', {
        buildDir,
        targetDir: join(buildDir, 'target'),
        source: { getProjectPath: async (_, targetDir) => join(writeFiles(targetDir, files), at) },
      });
    const alone = await clone({ 'app/package.json': withBuild }, 'app');
    expect(alone.rootDir).toBe(alone.projectDir);
    const member = await clone(
      { 'package.json': { json: { workspaces: ['app'] } }, 'app/package.json': withBuild },
      'app',
    );
    expect(member.rootDir).toBe(join(buildDir, 'target'));
  });
});

describe('a source that does not answer', () => {
  it('is given up when the signal aborts, and its late answer is told', async () => {
    const reason = new Error('enough');
    const cancel = new AbortController();
    const answer = Promise.withResolvers<string>();
    const asked = Promise.withResolvers<void>();
    const late = Promise.withResolvers<void>();
    const targetDir = join(tempFolder(), 'target');
    const prepared = prepare('unused', {
      targetDir,
      signal: cancel.signal,
      source: { getProjectPath: () => (asked.resolve(), answer.promise) },
      onLateAnswer: late.resolve,
    });
    await asked.promise;
    cancel.abort(reason);
    await expect(prepared).rejects.toBe(reason);
    answer.resolve(writeFiles(tempFolder(), { 'package.json': withBuild }));
    await late.promise;
    expect(existsSync(join(targetDir, 'package.json'))).toBe(false);
  });

  it('may fail late without harm', async () => {
    const cancel = new AbortController();
    const answer = Promise.withResolvers<string>();
    const late = Promise.withResolvers<void>();
    const source = { getProjectPath: () => (cancel.abort(new Error('enough')), answer.promise) };
    const prepared = prepare('unused', { signal: cancel.signal, source, onLateAnswer: late.resolve });
    await expect(prepared).rejects.toThrow('enough');
    answer.reject(new Error('no such repository'));
    await late.promise;
  });
});
