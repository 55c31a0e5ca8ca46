import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Build } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { tempFolder, writeFiles } from './build-fixture.test-support.ts';
import { cachePaths } from './cache/cache-paths.ts';
import { holdRelease } from './hold-release.ts';
import { releasesShop } from './releases.test-support.ts';

const { signal } = new AbortController();

describe('releases', () => {
  it('are listed, the newest first, with what is known of them', async () => {
    const { build, releases, project, deployment } = releasesShop();
    const one = await build('1');
    const two = await build('2');
    const [newest, oldest] = await releases.list(project);
    expect([newest?.buildId, oldest?.buildId]).toEqual([two.id, one.id]);
    expect(newest).toEqual({
      projectId: project.id,
      buildId: two.id,
      deploymentId: deployment.id,
      framework: 'node',
      entry: 'server.mjs',
      projectDir: expect.stringContaining(two.id) as string,
      packageManager: 'npm',
      versions: { node: process.version, packageManager: null },
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      cachedFrom: null,
      durations: {
        snapshot: expect.any(Number) as number,
        install: expect.any(Number) as number,
        build: expect.any(Number) as number,
        verify: expect.any(Number) as number,
      },
      size: { files: 2, bytes: expect.any(Number) as number },
      createdAt: expect.any(Date) as Date,
      inUse: false,
    });
  });

  it('of earlier runners are read, damaged ones and those without their files are none', async () => {
    const { build, dir, ids, project, releases, buildDir } = releasesShop();
    const { id } = await build('1');
    const folder = join(buildDir, project.id);
    const old = {
      formatVersion: 1,
      projectId: project.id,
      buildId: 'old',
      framework: 'node',
      packageManager: 'npm',
    };
    const where = { rootDir: dir({ id }), projectDir: dir({ id }), createdAt: '2020-01-01T00:00:00.000Z' };
    const write = (name: string, value: unknown): void =>
      writeFileSync(join(folder, `${name}.release.json`), JSON.stringify(value));
    write('old', { ...old, ...where });
    write('later', { ...old, ...where, formatVersion: 2 });
    write('half', old);
    write('gone', { ...old, ...where, projectDir: join(folder, 'gone') });
    writeFileSync(join(folder, 'torn.release.json'), '{"format');
    expect(await ids()).toEqual([id, 'old']);
    expect((await releases.list(project))[1]).toMatchObject({ deploymentId: null, entry: null, size: null });
    await expect(holdRelease(join(folder, 'later'), buildDir, signal)).rejects.toMatchObject({
      code: 'RELEASE_MISSING',
      cause: { message: expect.stringContaining('formatVersion 2; this runner reads 1') as string },
    });
  });

  it('of an id that is a path are refused', async () => {
    await expect(releasesShop().releases.list({ id: '../x' })).rejects.toThrow(TypeError);
  });
});

describe('going back', () => {
  it('takes what ran before, and further back each time, until there is nothing', async () => {
    const { build, releases, project, deployment } = releasesShop();
    const builds = [await build('1'), await build('2'), await build('3')];
    for (const each of builds) await releases.deployed(project, deployment, each);
    for (const expected of [builds[1], builds[0]]) {
      const back = await releases.previous(project, deployment);
      expect(back).toMatchObject({ id: expected?.id, trigger: 'rollback', deploymentId: deployment.id });
      await releases.deployed(project, deployment, back);
    }
    await expect(releases.previous(project, deployment)).rejects.toMatchObject({ code: 'RELEASE_MISSING' });
    // Forward again, and then back to where it came from.
    const [one, , three] = builds;
    await releases.deployed(project, deployment, three as Build);
    expect((await releases.previous(project, deployment)).id).toBe(one?.id);
  });

  it('passes over what is gone, and what other deployments ran', async () => {
    const { build, releases, project, deployment, dir } = releasesShop();
    const [one, two, three] = [await build('1'), await build('2'), await build('3')];
    for (const each of [one, two, three]) await releases.deployed(project, deployment, each);
    rmSync(dir(two), { recursive: true });
    await releases.deployed(project, { id: 'other' }, two);
    expect((await releases.previous(project, deployment)).id).toBe(one.id);
  });

  it('works for what was deployed before anybody took notes', async () => {
    const { build, releases, project, deployment } = releasesShop();
    const [one, two] = [await build('1'), await build('2'), await build('3')];
    expect((await releases.previous(project, deployment)).id).toBe(two?.id);
    const at = { ...deployment, currentBuildId: two?.id ?? null };
    expect((await releases.previous(project, at)).id).toBe(one?.id);
  });
});

describe('collecting', () => {
  it('keeps the newest of each deployment, and whatever runs or ran last', async () => {
    const { build, releases, project, deployment, collect, ids, dir } = releasesShop();
    const builds: Build[] = [];
    for (let version = 1; version <= 5; version += 1) builds.push(await build(`${version}`));
    const other = await build('other', { deploymentId: 'other' });
    const [deployed, used, old, ...newest] = builds;
    await releases.deployed(project, deployment, deployed as Build);
    const held = await holdRelease(dir(used as Build), join(dir(other), '../..'), signal);
    await collect({ keepReleases: 2, maxSizeMb: 0 });
    expect((await ids()).toSorted()).toEqual(
      [deployed, used, ...newest, other].map((build) => build?.id ?? '').toSorted(),
    );
    expect([existsSync(dir(old as Build)), existsSync(`${dir(old as Build)}.log`)]).toEqual([false, false]);
    expect((await releases.list(project)).filter(({ inUse }) => inUse)).toHaveLength(2);
    held.end();
    await collect({ keepReleases: 2, maxSizeMb: 0 });
    expect(existsSync(dir(used as Build))).toBe(false);
  });

  it('keeps files as long as a later release shares them', async () => {
    const { build, collect, dir, ids } = releasesShop();
    const [first, second, third] = [await build('1'), await build('1'), await build('1')];
    expect(lstatSync(dir(second)).isSymbolicLink()).toBe(true);
    await collect({ keepReleases: 1, maxSizeMb: 0 });
    expect(await ids()).toEqual([third.id]);
    expect([existsSync(join(dir(first), 'server.mjs')), existsSync(dir(second))]).toEqual([true, false]);
    const other = await build('2');
    await collect({ keepReleases: 1, maxSizeMb: 0 });
    expect(await ids()).toEqual([other.id]);
    expect([existsSync(dir(first)), existsSync(dir(third))]).toEqual([false, false]);
  });

  it('holds files for a server as long as its state is there, whoever started it', async () => {
    const { build, collect, dir, buildDir, ids } = releasesShop();
    const one = await build('1');
    await build('2');
    const state = tempFolder();
    (await holdRelease(dir(one), buildDir, signal)).holdAsLongAs(state);
    await collect({ keepReleases: 1, maxSizeMb: 0 });
    expect(await ids()).toContain(one.id);
    rmSync(state, { recursive: true });
    await collect({ keepReleases: 1, maxSizeMb: 0 });
    expect(await ids()).not.toContain(one.id);
  });

  it('drops of the cache what was used longest ago, down to its size, and what is too old', async () => {
    const { build, collect, dir, project, buildDir } = releasesShop();
    const megabyte = 'x'.repeat(1024 * 1024);
    const [one, two, three, kept] = [
      await build(`1${megabyte}`),
      await build(`2${megabyte}`),
      await build(`3${megabyte}`),
      await build('4'),
    ];
    const entries = cachePaths(buildDir).builds(project.id);
    const age = ({ id }: Build, days: number): void => {
      const name = readdirSync(entries).find((entry) => entry.endsWith(id)) ?? '';
      const time = Date.now() / 1000 - days * 24 * 60 * 60;
      utimesSync(join(entries, name, 'entry.json'), time, time);
    };
    age(one, 1);
    age(two, 3);
    age(three, 2);
    const left = (): boolean[] => [one, two, three, kept].map((build) => existsSync(dir(build)));
    await collect({ keepReleases: 1, maxSizeMb: 3 });
    expect(left()).toEqual([true, false, true, true]);
    await collect({ keepReleases: 1, maxAgeDays: 1 });
    expect(left()).toEqual([false, false, false, true]);
    expect(readdirSync(entries)).toHaveLength(1);
  });

  it('touches nothing that was not made here, and clears what killed processes left', async () => {
    const { build, collect, buildDir, project } = releasesShop();
    await build('1');
    const strange = join(buildDir, project.id, 'notes');
    mkdirSync(strange);
    mkdirSync(join(buildDir, 'another/folder'), { recursive: true });
    const { drafts, uses } = cachePaths(buildDir);
    writeFiles(drafts, { 'young/x': '' });
    writeFiles(uses(project.id), { 'torn.json': '{"conte' });
    utimesSync(strange, 1, 1);
    await collect({ keepReleases: 1, maxSizeMb: 0, maxAgeDays: 0 });
    expect([existsSync(strange), existsSync(join(buildDir, 'another/folder'))]).toEqual([true, true]);
    expect(existsSync(join(drafts, 'young/x'))).toBe(true);
    expect(readdirSync(uses(project.id))).toEqual([]);
  });
});
