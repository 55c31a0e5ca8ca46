import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { wrap } from '@project-runner/core';
import type { BuildStageName } from '@project-runner/core';
import { nodeServer } from '@project-runner/framework-node';
import { describe, expect, it, onTestFinished } from 'vitest';

import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { tempFolder, writeFiles } from '../support/temp-folder.ts';
import { testRunner } from '../support/test-runner.ts';

// Only root may mount the small file system that fills up for real.
const mayMount = process.platform === 'linux' && process.getuid?.() === 0;

function smallVolume(megabytes: number): string {
  const dir = tempFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'none', dir]);
  onTestFinished(() => void execFileSync('umount', ['-l', dir]));
  return dir;
}

/** @param leave bytes that stay free */
function fillUp(dir: string, name = 'ballast', leave = 0): void {
  const { bavail, bsize } = statfsSync(dir);
  try {
    writeFileSync(join(dir, name), Buffer.alloc(bavail * bsize - leave));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

/** 2 MB of source, and a build that writes as much again. */
async function project(): Promise<string> {
  const half = 'x'.repeat(1024 * 1024);
  return writeFiles(tempFolder(), {
    'package.json': {
      json: { name: 'large', type: 'module', scripts: { build: 'node build.mjs', start: 'node server.mjs' } },
    },
    'package-lock.json': {
      json: { name: 'large', lockfileVersion: 3, requires: true, packages: { '': { name: 'large' } } },
    },
    'one.txt': half,
    'two.txt': half,
    'version.txt': '1',
    'build.mjs': `
      import { copyFileSync, mkdirSync } from 'node:fs';
      mkdirSync('dist', { recursive: true });
      copyFileSync('one.txt', 'dist/one.txt');
      copyFileSync('two.txt', 'dist/two.txt');`,
    'server.mjs': `
      import { createServer } from 'node:http';
      import { readFileSync } from 'node:fs';
      const version = readFileSync(new URL('version.txt', import.meta.url), 'utf8');
      createServer((_, response) => response.end(version)).listen(process.env.PORT, process.env.HOST);`,
  });
}

describe.skipIf(!mayMount)('a disk that is full (needs root on Linux for a small tmpfs)', () => {
  it.each(['snapshot', 'install', 'build', 'verify', 'release'] as const satisfies readonly BuildStageName[])(
    'when %s begins: the build says so, the release before can be deployed, and the next build works',
    async (stage) => {
      const volume = smallVolume(24);
      const { runner, config } = testRunner({ buildDir: join(volume, 'builds') });
      const path = await project();
      const shop = projectRecord(path);
      const deployment = deploymentRecord(shop);
      const first = await runner.build(shop, buildRecord(deployment));
      expect(first.errorMessage).toBeNull();
      writeFileSync(join(path, 'version.txt'), '2');
      let isFull = false;
      const unlisten = runner.on('build-stage', (event) => {
        if (event.stage !== stage || event.state !== 'started' || isFull) return;
        isFull = true;
        fillUp(volume);
      });
      const failed = await runner.build(shop, buildRecord(deployment));
      unlisten();
      expect(failed.status).toBe('failed');
      expect(failed.errorMessage).toMatch(/There is no space left for builds in .*Make room/);
      // Not even what the failed build gave back is free.
      fillUp(volume, 'more');
      const server = await runner.deploy(shop, deployment, first);
      expect(await (await fetch(`http://127.0.0.1:${server.port}/`)).text()).toBe('1');
      for (const name of ['ballast', 'more']) rmSync(join(volume, name), { force: true });
      const next = await runner.build(shop, buildRecord(deployment));
      expect(next.errorMessage, next.logs).toBeNull();
      const redeployed = await runner.deploy(shop, deployment, next);
      expect(await (await fetch(`http://127.0.0.1:${redeployed.port}/`)).text()).toBe('2');
      const left = readdirSync(join(config.buildDir ?? '', shop.id));
      expect(left.filter((name) => name.includes(failed.id))).toEqual([`${failed.id}.log`]);
    },
  );

  it('while what was built is put where the server looks for it: the same', async () => {
    const volume = smallVolume(24);
    const copying = wrap(nodeServer(), { copies: () => [{ from: 'dist', to: 'public/dist' }] });
    const { runner, config } = testRunner({ buildDir: join(volume, 'builds'), plugins: [copying] });
    const path = await project();
    const shop = projectRecord(path);
    const deployment = deploymentRecord(shop);
    const first = await runner.build(shop, buildRecord(deployment));
    expect(first.errorMessage).toBeNull();
    writeFileSync(join(path, 'version.txt'), '2');
    let copiedTo = '';
    const unlisten = runner.on('build-stage', ({ stage, state }) => {
      if (stage !== 'verify' || state !== 'started') return;
      // Room for one of the two files.
      fillUp(volume, 'ballast', 1.5 * 1024 * 1024);
    });
    const second = buildRecord(deployment);
    const failed = await runner.build(shop, second, {}, (line) => {
      if (line.startsWith('Copying')) copiedTo = line;
    });
    unlisten();
    expect(copiedTo).toBe('Copying dist to public/dist');
    expect(failed.status).toBe('failed');
    expect(failed.errorMessage).toMatch(/There is no space left for builds in .*ENOSPC.*Make room/);
    const left = readdirSync(join(config.buildDir ?? '', shop.id));
    expect(left.filter((name) => name.includes(failed.id))).toEqual([`${failed.id}.log`]);
    expect((await runner.listReleases(shop)).map(({ buildId }) => buildId)).toEqual([first.id]);
    await expect(runner.deploy(shop, deployment, { ...failed, status: 'succeeded' })).rejects.toMatchObject({
      code: 'RELEASE_MISSING',
    });
    rmSync(join(volume, 'ballast'));
    const next = await runner.build(shop, buildRecord(deployment));
    expect(next.errorMessage, next.logs).toBeNull();
    const [release] = await runner.listReleases(shop);
    expect(readdirSync(join(release?.projectDir ?? '', 'public/dist')).toSorted()).toEqual([
      'one.txt',
      'two.txt',
    ]);
  });
});
