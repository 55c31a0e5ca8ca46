import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import type { Build } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { spawnRunner } from '../support/spawn-runner.ts';
import { tempFolder, writeFiles } from '../support/temp-folder.ts';
import { isLong } from './long.ts';

const content = 'x'.repeat(2000);

/** Builds in a moment, and says in each file of its output that it was whole. */
async function shop(): Promise<string> {
  const source = Object.fromEntries(
    Array.from({ length: 400 }, (_, index) => [`src/${index % 20}/${index}.txt`, content]),
  );
  return writeFiles(tempFolder(), {
    ...source,
    'package.json': {
      json: {
        name: 'many',
        type: 'module',
        scripts: { build: 'node build.mjs', start: 'node dist/server.mjs' },
      },
    },
    'package-lock.json': {
      json: { name: 'many', lockfileVersion: 3, requires: true, packages: { '': { name: 'many' } } },
    },
    'build.mjs': `
      import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
      mkdirSync('dist', { recursive: true });
      for (let index = 0; index < 400; index++) {
        const text = readFileSync('src/' + (index % 20) + '/' + index + '.txt', 'utf8');
        writeFileSync('dist/' + index + '.txt', text.length === ${content.length} ? 'whole' : 'torn');
      }
      writeFileSync('dist/server.mjs', \`
        import { createServer } from 'node:http';
        createServer((_, response) => response.end('well')).listen(process.env.PORT, process.env.HOST);\`);
    `,
  });
}

function expectWhole(dir: string): void {
  const texts = Array.from({ length: 400 }, (_, index) =>
    readFileSync(join(dir, 'dist', `${index}.txt`), 'utf8'),
  );
  expect(new Set(texts)).toEqual(new Set(['whole']));
}

const rounds = isLong ? 20 : 10;

describe('a runner that is killed while it builds', () => {
  it(`leaves in ${rounds} rounds nothing half that can be deployed, and the next one builds`, async () => {
    const dir = tempFolder();
    const config = {
      stateDir: join(dir, 'state'),
      buildDir: join(dir, 'builds'),
      portRange: { start: 22_300, end: 22_320 },
    };
    const project = projectRecord(await shop());
    const deployment = deploymentRecord(project);
    let stages: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const runner = await spawnRunner(config);
      const build = buildRecord(deployment);
      // Every other one builds what is in the cache, or half in it.
      const building = runner.call('build', project, build, { cache: round % 2 === 0 });
      building.catch(() => undefined);
      const wanted = ['snapshot', 'install', 'build', 'verify', 'release'][round % 5] ?? '';
      await waitForStage(runner.events, wanted);
      await runner.kill();
      stages = [...stages, wanted];
      for (const name of readdirSync(join(config.buildDir, project.id))) {
        if (name.endsWith('.release.json'))
          expectWhole(join(config.buildDir, project.id, name.slice(0, -'.release.json'.length)));
      }
    }
    expect(new Set(stages).size).toBe(5);
    const heir = await spawnRunner(config);
    await heir.call('recover');
    const last = await heir.call('build', project, buildRecord(deployment), {});
    expect(last.errorMessage).toBeNull();
    expectWhole(join(config.buildDir, project.id, last.id));
    const server = await heir.call('deploy', project, deployment, last as unknown as Build);
    expect(await (await fetch(`http://127.0.0.1:${server.port}/`)).text()).toBe('well');
    await heir.call('shutdown');
    // What was being made when it was killed is nobody's.
    const names = readdirSync(join(config.buildDir, project.id), { withFileTypes: true });
    const folders = names.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const strange = folders.filter(
      (name) =>
        !names.some((entry) => entry.name === `${name}.release.json`) &&
        !name.endsWith('.dependencies') &&
        !isCached(config.buildDir, project.id, name),
    );
    expect(strange).toEqual([]);
  }, 600_000);
});

function isCached(buildDir: string, projectId: string, name: string): boolean {
  const dir = join(buildDir, '.cache/builds', projectId);
  return existsSync(dir) && readdirSync(dir).some((entry) => entry.endsWith(`.${name}`));
}

async function waitForStage(events: { event: string; data?: unknown }[], stage: string): Promise<void> {
  const isThere = (): boolean =>
    events.some(({ event, data }) => event === 'build-stage' && (data as { stage: string }).stage === stage);
  await expect.poll(isThere, { timeout: 60_000, interval: 1 }).toBe(true);
}

describe('two runners that share their builds', () => {
  it('build the same once, and the second goes on by itself when the first is killed', async () => {
    const dir = tempFolder();
    const buildDir = join(dir, 'builds');
    const path = await shop();
    const project = projectRecord(path);
    const deployment = deploymentRecord(project);
    const runners = await Promise.all(
      [1, 2].map((number) => spawnRunner({ buildDir, stateDir: join(dir, `state-${number}`) })),
    );
    const builds = await Promise.all(
      runners.map((runner) => runner.call('build', project, buildRecord(deployment), {})),
    );
    expect(builds.map(({ errorMessage }) => errorMessage)).toEqual([null, null]);
    expect(builds.filter(({ logs }) => logs.includes('Cached: '))).toHaveLength(1);
    expect(builds.filter(({ logs }) => /^Building: /m.test(logs))).toHaveLength(1);

    rmSync(join(path, 'src/0/0.txt'));
    await writeFiles(path, { 'src/0/0.txt': content.replace('x', 'y') });
    const [first, second] = runners;
    first?.call('build', project, buildRecord(deployment), {}).catch(() => undefined);
    await waitForStage(first?.events ?? [], 'build');
    await waitForBuildStage(first?.events ?? [], 2);
    const waiting = second?.call('build', project, buildRecord(deployment), {});
    await first?.kill();
    const result = await waiting;
    expect(result?.errorMessage).toBeNull();
    expect(result?.logs).toMatch(/^Building: /m);
  }, 120_000);
});

async function waitForBuildStage(events: { event: string; data?: unknown }[], count: number): Promise<void> {
  const begun = (): number =>
    events.filter(
      ({ event, data }) =>
        event === 'build-stage' &&
        (data as { stage: string; state: string }).stage === 'build' &&
        (data as { state: string }).state === 'started',
    ).length;
  await expect.poll(begun, { timeout: 60_000, interval: 1 }).toBeGreaterThanOrEqual(count);
}
