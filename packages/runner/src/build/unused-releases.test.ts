import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { tempFolder, writeFiles } from './build-fixture.test-support.ts';
import { cachePaths } from './cache/cache-paths.ts';
import { holdRelease } from './hold-release.ts';
import { releasesShop } from './releases.test-support.ts';
import type { ReleasesShop } from './releases.test-support.ts';

const { signal } = new AbortController();
const dayMs = 24 * 60 * 60 * 1000;

/** As if all that was done until now had been done so many days before. */
function pass({ buildDir, project }: ReleasesShop, days: number): void {
  const { unused, deployments } = cachePaths(buildDir);
  for (const dir of [unused(project.id), deployments(project.id)]) {
    for (const path of filesIn(dir)) {
      const at = new Date(statSync(path).mtimeMs - days * dayMs);
      utimesSync(path, at, at);
    }
  }
  for (const file of filesIn(join(buildDir, project.id)).filter((name) => name.endsWith('.release.json'))) {
    const release = JSON.parse(readFileSync(file, 'utf8')) as { createdAt: string };
    const createdAt = new Date(Date.parse(release.createdAt) - days * dayMs).toISOString();
    writeFileSync(file, JSON.stringify({ ...release, createdAt }));
  }
}

function filesIn(dir: string): string[] {
  return existsSync(dir) ? readdirSync(dir).map((name) => join(dir, name)) : [];
}

async function deployed(): Promise<{ shop: ReleasesShop; one: string; two: string }> {
  const shop = releasesShop();
  const [one, two] = [await shop.build('1'), await shop.build('2')];
  for (const build of [one, two]) await shop.releases.deployed(shop.project, shop.deployment, build);
  return { shop, one: one.id, two: two.id };
}

const limits = { keepUnusedDays: 30, maxSizeMb: 0 };

describe('releases of a deployment that no server uses', () => {
  it('go when that was found so long ago, and so does what is known of its deploys', async () => {
    const { shop, one, two } = await deployed();
    const { collect, ids, buildDir, project, dir } = shop;
    pass(shop, 90);
    // Until now nobody has looked.
    await collect(limits);
    expect(await ids()).toEqual([two, one]);
    pass(shop, 29);
    await collect(limits);
    expect(await ids()).toEqual([two, one]);
    pass(shop, 2);
    await collect(limits);
    expect(await ids()).toEqual([]);
    expect([one, two].map((id) => existsSync(dir({ id })))).toEqual([false, false]);
    const { unused, deployments } = cachePaths(buildDir);
    expect([unused, deployments].map((at) => readdirSync(at(project.id)))).toEqual([[], []]);
    await expect(holdRelease(dir({ id: two }), buildDir, signal)).rejects.toMatchObject({
      code: 'RELEASE_MISSING',
    });
  });

  it('stay where they are to be kept for ever', async () => {
    const { shop, one, two } = await deployed();
    for (let round = 0; round < 2; round += 1) {
      await shop.collect({ ...limits, keepUnusedDays: Number.POSITIVE_INFINITY });
      pass(shop, 1000);
    }
    expect(await shop.ids()).toEqual([two, one]);
  });

  it('stay as long as a server uses one of them, and for the whole time after that', async () => {
    const { shop, one, two } = await deployed();
    const { collect, ids, dir, buildDir } = shop;
    await collect(limits);
    pass(shop, 31);
    const state = tempFolder();
    (await holdRelease(dir({ id: one }), buildDir, signal)).holdAsLongAs(state);
    await collect(limits);
    expect(await ids()).toEqual([two, one]);
    rmSync(state, { recursive: true });
    await collect(limits);
    expect(await ids()).toEqual([two, one]);
    pass(shop, 31);
    await collect(limits);
    expect(await ids()).toEqual([]);
  });

  it.each(['servers/a/server.json', 'crashed/a.json'])(
    'stay where a server is recorded with one of them (%s), though nobody noted its use',
    async (file) => {
      const { shop, one, two } = await deployed();
      const { collect, ids, stateDir } = shop;
      writeFiles(stateDir, { [file]: JSON.stringify({ server: { id: 'a', buildId: two } }) });
      for (let round = 0; round < 3; round += 1) {
        await collect(limits);
        pass(shop, 31);
      }
      expect(await ids()).toEqual([two, one]);
      writeFileSync(join(stateDir, file), '{"server"');
      await collect(limits);
      pass(shop, 31);
      await collect(limits);
      expect(await ids()).toEqual([]);
    },
  );

  it.each(['built', 'deployed'] as const)('stay when it is %s again', async (how) => {
    const { shop, one, two } = await deployed();
    const { build, collect, ids, releases, project, deployment } = shop;
    await collect(limits);
    pass(shop, 31);
    const more = how === 'built' ? [(await build('3')).id] : [];
    if (how === 'deployed') await releases.deployed(project, deployment, { id: one });
    await collect(limits);
    expect(await ids()).toEqual([...more, two, one]);
  });

  it('stay where another deployment runs, or ran last, what was built for it', async () => {
    const { shop, two } = await deployed();
    const { collect, ids, releases, project } = shop;
    await collect(limits);
    pass(shop, 31);
    await releases.deployed(project, { id: 'production' }, { id: two });
    await collect(limits);
    expect(await ids()).toEqual([two]);
  });
});
