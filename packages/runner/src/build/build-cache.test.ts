import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import type { BuildOptions } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { testBuilder, writeFiles } from './build-fixture.test-support.ts';
import { ran, shop, why } from './build-shop.test-support.ts';
import { readRelease } from './release.ts';

describe('a build of what was built before', () => {
  it('runs nothing, tells the old log as such, and has the files of the first one', async () => {
    const { build, made, buildDir, project, stages } = shop();
    const first = await build();
    expect([first.errorMessage, ran(first.log)]).toEqual([null, true]);
    expect(why(first.log)).toEqual(['Not cached: no earlier build of this project is in the cache']);
    stages.length = 0;
    const second = await build();
    expect(second.errorMessage).toBeNull();
    expect(ran(second.log)).toBe(false);
    expect(second.log).toContain('Detected package manager: npm');
    expect(second.log).toContain('[cached] built undefined');
    expect(
      second.log.some((line) => line.startsWith(`Cached: nothing has changed since build ${first.id} of `)),
    ).toBe(true);
    expect(second.log.at(-1)).toBe('Build succeeded');
    expect(made(second)).toBe('one|undefined');
    const ended = stages.filter(({ state }) => state === 'succeeded');
    expect(ended.map(({ stage, cached }) => [stage, cached])).toEqual([
      ['snapshot', true],
      ['install', true],
      ['build', true],
      ['verify', false],
      ['release', false],
    ]);
    const dirs = [first, second].map(({ id }) => join(buildDir, project.id, id));
    expect(dirs.map((dir) => lstatSync(dir).isSymbolicLink())).toEqual([false, true]);
    const [one, two] = await Promise.all(dirs.map((dir) => readRelease(dir)));
    expect(two).toMatchObject({ buildId: second.id, cachedFrom: first.id, projectDir: one?.projectDir });
    expect(two).toMatchObject({ fingerprint: one?.fingerprint, entry: 'dist/server.mjs', size: one?.size });
  });

  it('is built anew when that is asked for, and takes the place of the old one', async () => {
    const { build } = shop();
    await build();
    const anew = await build({ cache: false });
    expect(ran(anew.log)).toBe(true);
    expect(why(anew.log)).toEqual(['Not cached: the cache is not to be used']);
    const { log } = await build();
    expect(log.some((line) => line.includes(`since build ${anew.id}`))).toBe(true);
  });

  it('is built anew without a cache, which then leaves nothing', async () => {
    const { build, buildDir } = shop({ cache: false });
    await build();
    const { log } = await build();
    expect([ran(log), why(log)]).toEqual([true, []]);
    expect(['builds', 'sources', 'key'].filter((name) => existsSync(join(buildDir, '.cache', name)))).toEqual(
      [],
    );
  });

  it('is another one for another project', async () => {
    const { build, dir } = shop();
    await build();
    const other = testBuilder();
    expect(ran((await other.build(dir)).log)).toBe(true);
  });
});

describe('a build of something else says what changed', () => {
  const cases: [string, (dir: string) => void, BuildOptions, string][] = [
    ['a file', (dir) => writeFileSync(join(dir, 'text.txt'), 'two'), {}, 'file changed: text.txt'],
    ['a new file', (dir) => writeFileSync(join(dir, 'new.txt'), ''), {}, 'file new: new.txt'],
    ['a file that is gone', (dir) => rmSync(join(dir, 'src/deep/a.txt')), {}, 'file gone: src/deep/a.txt'],
    ['permissions', (dir) => chmodSync(join(dir, 'text.txt'), 0o755), {}, 'file changed: text.txt'],
    ['a variable', () => {}, { envVars: { COLOUR: 'green' } }, 'variable changed: COLOUR'],
    ['a new variable', () => {}, { envVars: { COLOUR: 'red', SHAPE: 'x' } }, 'variable new: SHAPE'],
    ['a variable that is gone', () => {}, { envVars: {} }, 'variable gone: COLOUR'],
    ['what is secret', () => {}, { envVars: {}, secrets: { COLOUR: 'red' } }, 'secret now: COLOUR'],
    ['an option', () => {}, { secretsInOutput: 'fail' }, 'secretsInOutput: warn → fail'],
  ];
  it.each(cases)('%s', async (_, change, options, reason) => {
    const { build, dir } = shop();
    const red = { envVars: { COLOUR: 'red' } };
    await build(red);
    change(dir);
    const { log } = await build({ ...red, ...options });
    expect(why(log)).toEqual([`Not cached: ${reason}`]);
    expect(ran(log)).toBe(true);
  });

  it('a lockfile, many files, a variable of the project, and never a value', async () => {
    const { build, dir, project, buildDir } = shop({}, { 'package-lock.json': '{}' });
    project.envVars = { TOKEN: 'old-and-secret' };
    await build();
    project.envVars = { TOKEN: 'new-and-secret' };
    writeFiles(dir, Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`n${index}.txt`, ''])));
    writeFileSync(join(dir, 'package-lock.json'), '{"lockfileVersion":3}');
    const { log } = await build();
    expect(why(log)).toEqual([
      'Not cached: lockfile changed: package-lock.json',
      'Not cached: file new: n0.txt, n1.txt, n2.txt, n3.txt, n4.txt and 2 more',
      'Not cached: variable changed: TOKEN',
    ]);
    const kept = readdirSync(join(buildDir, '.cache'), { recursive: true, encoding: 'utf8' })
      .map((name) => join(buildDir, '.cache', name))
      .filter((file) => lstatSync(file).isFile())
      .map((file) => readFileSync(file, 'utf8'));
    expect(kept.join('')).not.toContain('and-secret');
  });

  it('and goes back to what was built before that', async () => {
    const { build, dir, made } = shop();
    await build();
    writeFileSync(join(dir, 'text.txt'), 'two');
    await build();
    writeFileSync(join(dir, 'text.txt'), 'one');
    const back = await build();
    expect([ran(back.log), made(back)]).toEqual([false, 'one|undefined']);
  });
});

describe('files of an earlier build', () => {
  it.each([
    ['changed', (file: string) => appendFileSync(file, '!')],
    ['gone', (file: string) => rmSync(file)],
    ['another kind', (file: string) => (rmSync(file), writeFiles(file, { x: '' }))],
    ['moved away and back', (file: string) => (renameSync(file, `${file}.x`), renameSync(`${file}.x`, file))],
  ])('that are %s are never used again', async (_, damage) => {
    const { build, buildDir, project, made } = shop();
    const first = await build();
    damage(join(buildDir, project.id, first.id, 'dist/server.mjs'));
    const second = await build();
    expect(second.log).toContain(
      `Warning: the cached build ${first.id} is dropped: dist/server.mjs changed since`,
    );
    expect([ran(second.log), made(second)]).toEqual([true, 'one|undefined']);
    expect(ran((await build()).log)).toBe(false);
  });

  it('that are gone altogether are made anew', async () => {
    const { build, buildDir, project, made } = shop();
    const first = await build();
    rmSync(join(buildDir, project.id, first.id), { recursive: true });
    const second = await build();
    expect(second.log).toContain(`Warning: the cached build ${first.id} is dropped: its files are gone`);
    expect(made(second)).toBe('one|undefined');
  });

  it('beside which a server wrote are copied without that', async () => {
    const { build, buildDir, project, made } = shop();
    const first = await build();
    writeFileSync(join(buildDir, project.id, first.id, 'data.db'), 'customers');
    const second = await build();
    const dir = join(buildDir, project.id, second.id);
    expect([ran(second.log), made(second), lstatSync(dir).isDirectory()]).toEqual([
      false,
      'one|undefined',
      true,
    ]);
    expect(existsSync(join(dir, 'data.db'))).toBe(false);
    // The copy is as good as the first one, and nobody wrote beside it.
    const third = await build();
    expect(realpathSync(join(buildDir, project.id, third.id))).toBe(dir);
  });

  it('are copied for another deployment, whose server may write beside them', async () => {
    const { build, buildDir, project, made } = shop();
    await build();
    const other = await build({}, { deploymentId: 'other' });
    expect([ran(other.log), made(other)]).toEqual([false, 'one|undefined']);
    expect(lstatSync(join(buildDir, project.id, other.id)).isDirectory()).toBe(true);
    const { id } = await build({}, { deploymentId: 'other' });
    expect(realpathSync(join(buildDir, project.id, id))).toBe(join(buildDir, project.id, other.id));
  });

  it('that name the folder they were built in are not copied', async () => {
    const names = `import { mkdirSync, writeFileSync } from 'node:fs'; mkdirSync('dist', { recursive: true });
      writeFileSync('dist/server.mjs', process.cwd()); console.log('built');`;
    const { build, made } = shop({}, { 'build.mjs': names });
    const first = await build();
    const other = await build({}, { deploymentId: 'other' });
    expect(other.log).toContain(
      `Not cached: build ${first.id} is the same, but cannot be copied: dist/server.mjs names the folder it was built in`,
    );
    expect(made(other)).toMatch(new RegExp(`${other.id}$`));
    // The first one is still there for those who may share it.
    expect((await build()).log).not.toContain('built');
  });

  it('stay with the builds that share them when their own is built again', async () => {
    const { build, made, dir } = shop();
    const first = await build();
    const second = await build();
    writeFileSync(join(dir, 'text.txt'), 'two');
    await build({}, { id: first.id });
    expect(made(second)).toBe('one|undefined');
  });

  it.each(['entry.json', 'tree.json', 'source.json', 'log.txt'])(
    'are safe from a damaged %s',
    async (name) => {
      const { build, buildDir, project, dir, made } = shop();
      await build();
      const builds = join(buildDir, '.cache/builds', project.id);
      for (const entry of readdirSync(builds)) writeFileSync(join(builds, entry, name), '{"x":');
      const second = await build();
      expect([second.errorMessage, made(second)]).toEqual([null, 'one|undefined']);
      writeFileSync(join(dir, 'text.txt'), 'two');
      expect(made(await build())).toBe('two|undefined');
    },
  );
});

describe('identical builds at once', () => {
  it('run once', async () => {
    const { build, made } = shop();
    const all = await Promise.all([build(), build(), build()]);
    expect(all.map(made)).toEqual(Array.from({ length: 3 }, () => 'one|undefined'));
    expect(all.filter(({ log }) => ran(log))).toHaveLength(1);
    const waited = all.filter(({ log }) =>
      log.some((line) => line.startsWith('Waiting for an identical build')),
    );
    expect(waited).toHaveLength(2);
  });

  it('are tried by the next one when the first one fails', async () => {
    const { build, dir } = shop();
    writeFileSync(join(dir, 'build.mjs'), 'process.exit(3)');
    const all = await Promise.all([build(), build()]);
    expect(all.map(({ errorMessage }) => errorMessage?.slice(0, 29))).toEqual(
      Array.from({ length: 2 }, () => 'Build failed with exit code 3'),
    );
  });

  it('can be cancelled while they wait', async () => {
    const { build, dir } = shop();
    writeFileSync(join(dir, 'build.mjs'), 'setInterval(() => {}, 1000); console.log("begun")');
    const cancels = [new AbortController(), new AbortController()];
    const all = cancels.map(({ signal }) => build({ signal }));
    cancels[1]?.abort();
    expect((await all[1])?.errorMessage).toBe('Build was cancelled');
    cancels[0]?.abort();
    expect((await all[0])?.errorMessage).toBe('Build was cancelled');
  });
});
