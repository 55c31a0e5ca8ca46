import {
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import type { ProjectSource } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { tempFolder } from './build-fixture.test-support.ts';
import type { writeFiles } from './build-fixture.test-support.ts';
import { ran, shop, why } from './build-shop.test-support.ts';
import { holdRelease } from './hold-release.ts';

const { signal } = new AbortController();

/** Its output names the folder it was built in, so no other deployment can have a copy of it. */
const placed = `import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'; mkdirSync('dist', { recursive: true });
  writeFileSync('dist/a.mjs', 'a'); writeFileSync('dist/server.mjs', process.cwd());
  writeFileSync('dist/text.txt', readFileSync('text.txt')); console.log('built');`;

/** Writes to the same place, without another size or time. */
function editUnseen(file: string, text: string): void {
  const { atime, mtime, size } = statSync(file);
  expect(text).toHaveLength(size);
  writeFileSync(file, text);
  utimesSync(file, atime, mtime);
}

describe('a build that cannot be copied', () => {
  it('leaves nothing in the way of the next one', async () => {
    const { build, buildDir, project } = shop({}, { 'build.mjs': placed });
    await build();
    for (let round = 0; round < 2; round += 1) {
      const other = await build({ cache: true }, { deploymentId: `other-${round}` });
      expect([other.errorMessage, ran(other.log)]).toEqual([null, false]);
      expect(other.log.filter((line) => line === 'built')).toHaveLength(1);
      expect(why(other.log)[0]).toMatch(/cannot be copied: dist\/server\.mjs names the folder/);
      const dir = join(buildDir, project.id, other.id);
      expect(readdirSync(dir).toSorted()).toEqual(['build.mjs', 'dist', 'package.json', 'src', 'text.txt']);
      expect(readFileSync(join(dir, 'dist/server.mjs'), 'utf8')).toBe(dir);
    }
    expect(readdirSync(join(buildDir, '.cache/drafts'))).toEqual([]);
  });

  it('leaves a source that was put into its folder', async () => {
    const copying: ProjectSource = {
      getProjectPath: ({ path }, targetDir) => {
        cpSync(path, targetDir, { recursive: true });
        return Promise.resolve(targetDir);
      },
    };
    const { build, made } = shop({}, { 'build.mjs': placed }, copying);
    await build();
    const other = await build({}, { deploymentId: 'other' });
    expect([other.errorMessage, made(other).endsWith(other.id)]).toEqual([null, true]);
    expect(other.log).toContain('built');
  });
});

describe('files with several names', () => {
  it('of the source: an edit that gives back the time is seen', async () => {
    const { build, dir, made } = shop();
    linkSync(join(dir, 'text.txt'), join(dir, 'same.txt'));
    await build();
    editUnseen(join(dir, 'text.txt'), 'two');
    expect(made(await build())).toBe('two|undefined');
  });

  const links = `import { linkSync, mkdirSync, writeFileSync } from 'node:fs'; mkdirSync('dist', { recursive: true });
    writeFileSync('dist/server.mjs', 'good'); linkSync('dist/server.mjs', 'dist/again.mjs'); console.log('built it');`;

  it('of an earlier build: damage is seen, and nobody gets one of their names', async () => {
    const { build, made, buildDir, project } = shop({}, { 'build.mjs': links });
    const first = await build();
    const other = await build({}, { deploymentId: 'other' });
    expect(ran(other.log)).toBe(false);
    const [one, two] = [first, other].map(({ id }) =>
      statSync(join(buildDir, project.id, id, 'dist/server.mjs')),
    );
    expect(two?.ino).not.toBe(one?.ino);
    editUnseen(join(buildDir, project.id, first.id, 'dist/server.mjs'), 'evil');
    expect(made(await build({ envVars: {} }))).toBe('good');
  });
});

describe('a build that is made again under its id', () => {
  it('leaves the files that a server runs from, also when it fails', async () => {
    const { build, dir, buildDir, project } = shop();
    const first = await build();
    const place = join(buildDir, project.id, first.id);
    const held = await holdRelease(place, buildDir, signal);
    for (const script of ['process.exit(1)', readFileSync(join(dir, 'build.mjs'), 'utf8')]) {
      writeFileSync(join(dir, 'build.mjs'), script);
      writeFileSync(join(dir, 'text.txt'), 'two');
      const again = await build({}, { id: first.id });
      expect(again.status).toBe(script.startsWith('process') ? 'failed' : 'succeeded');
      expect(readFileSync(join(place, 'dist/server.mjs'), 'utf8')).toBe('one|undefined');
      expect(existsSync(`${place}~2`)).toBe(again.status === 'succeeded');
    }
    held.end();
    expect(lstatSync(place).isDirectory()).toBe(true);
  });
});

it('gives its place to others while it waits for an identical build', async () => {
  const waits = `import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
    import { setTimeout } from 'node:timers/promises';
    while (!existsSync(process.env.GATE)) await setTimeout(10);
    mkdirSync('dist', { recursive: true }); writeFileSync('dist/server.mjs', ''); console.log('built');`;
  const gate = join(tempFolder(), 'gate');
  const { build, another } = shop({ maxConcurrentBuilds: 2 }, { 'build.mjs': waits });
  const lines: string[] = [];
  const options = { envVars: { GATE: gate } };
  const both = [1, 2].map(() => build(options, {}, (line) => lines.push(line)));
  const isWaiting = (): boolean => lines.some((line) => line.startsWith('Waiting for an identical'));
  await expect.poll(isWaiting, { timeout: 15_000 }).toBe(true);
  // Both places are taken, if waiting takes one.
  expect((await another({})).errorMessage).toBeNull();
  writeFileSync(gate, '');
  const all = await Promise.all(both);
  expect(all.map(({ errorMessage }) => errorMessage)).toEqual([null, null]);
  expect(all.filter(({ log }) => log.includes('built'))).toHaveLength(1);
});

it('passes over an entry of the cache that another version wrote', async () => {
  const { build, buildDir, dir, project, made } = shop();
  await build();
  const builds = join(buildDir, '.cache/builds', project.id);
  for (const name of readdirSync(builds)) {
    const file = join(builds, name, 'entry.json');
    const { inputs, ...entry } = JSON.parse(readFileSync(file, 'utf8')) as { inputs: object };
    unlinkSync(file);
    writeFileSync(file, JSON.stringify({ ...entry, inputs: { ...inputs, leftOut: undefined } }));
  }
  writeFileSync(join(dir, 'text.txt'), 'two');
  const next = await build();
  expect([next.errorMessage, made(next)]).toEqual([null, 'two|undefined']);
});

it('prints no warning about dependencies where a build fails that has none', async () => {
  const { build } = shop({}, writable({ 'build.mjs': 'process.exit(1)' }));
  const failed = await build({ skipInstall: false });
  expect(failed.log.filter((line) => line.startsWith('Warning'))).toEqual([]);
});

/** A lockfile without a dependency. */
function writable(more: Record<string, string>): Parameters<typeof writeFiles>[1] {
  const root = { name: 'shop', version: '1.0.0' };
  return {
    'package.json': {
      json: { ...root, scripts: { build: 'node build.mjs', start: 'node dist/server.mjs' } },
    },
    'package-lock.json': { json: { ...root, lockfileVersion: 3, requires: true, packages: { '': root } } },
    ...more,
  };
}
