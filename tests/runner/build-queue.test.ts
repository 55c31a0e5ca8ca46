import { readdirSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';

import type { Build, BuildOptions, Project } from '@project-runner/core';
import type { RunnerConfig } from '@project-runner/runner';
import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { tempFolder, writeFiles } from '../support/temp-folder.ts';
import { processesMarked, testRunner } from '../support/test-runner.ts';
import type { TestRunner } from '../support/test-runner.ts';

/** From the wish to the end of the whole tree. */
const limitMs = 5000;

/** An npm that clings to life, with a child in a session of its own that does so, too. */
const stubbornNpm = `#!${process.execPath}
  if (process.argv.includes('--version')) { console.log('11.19.1'); process.exit(); }
  const { spawn } = require('node:child_process');
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => {});
  spawn('setsid', ['sh', '-c', 'trap "" TERM INT HUP; echo grandchild is up; while :; do sleep 1000; done'],
    { stdio: ['ignore', 'inherit', 'inherit'] });
  console.log('marker', process.env.PROJECT_RUNNER_ID);
  require('node:fs').writeFileSync('half-made.txt', '');
  setInterval(() => {}, 1000);`;

interface Begun {
  record: Build;
  done: Promise<Build>;
  log: string[];
}

function begin({ runner }: TestRunner, project: Project, options: BuildOptions = {}): Begun {
  const record = buildRecord(deploymentRecord(project));
  const log: string[] = [];
  const done = runner.build(project, record, options, (line) => log.push(line));
  return { record, done, log };
}

async function folder(script: string): Promise<Project> {
  return projectRecord(
    await writeFiles(tempFolder(), {
      'package.json': { json: { scripts: { build: 'node build.mjs', start: 'node server.mjs' } } },
      'build.mjs': script,
      'server.mjs': '',
    }),
  );
}

/** Builds until its file `go` is there. */
const waits = (go: string): string =>
  `import { existsSync } from 'node:fs';
   console.log('begun');
   const look = setInterval(() => existsSync(${JSON.stringify(go)}) && clearInterval(look), 5);`;

describe('a stubborn package manager', () => {
  const manager = async (): Promise<string> => {
    const bin = tempFolder();
    await writeFiles(bin, { npm: stubbornNpm });
    await chmod(join(bin, 'npm'), 0o755);
    return [bin, dirname(process.execPath), process.env.PATH].join(delimiter);
  };

  const ends: Record<string, (test: TestRunner, build: Build, abort: AbortController) => unknown> = {
    cancelBuild: ({ runner }, { id }) => runner.cancelBuild(id),
    'its signal': (_test, _build, abort) => abort.abort(),
    shutdown: ({ runner }) => runner.shutdown(),
  };

  it.each([
    ['install', 'cancelBuild'],
    ['build', 'cancelBuild'],
    ['install', 'its signal'],
    ['install', 'shutdown'],
  ] as const)('in its %s is ended by %s with its whole tree', async (stage, way) => {
    const test = testRunner();
    const project = await folder('');
    const abort = new AbortController();
    const begun = begin(test, project, {
      skipInstall: stage === 'build',
      envVars: { PATH: await manager() },
      signal: abort.signal,
    });
    await eventually(
      () => begun.log,
      (log) => log.includes('grandchild is up') && log.some((line) => line.startsWith('marker')),
    );
    const marker = /^marker (.+)$/m.exec(begun.log.join('\n'))?.[1] ?? '';
    expect(processesMarked(marker).length).toBeGreaterThan(1);
    const asked = performance.now();
    await ends[way]?.(test, begun.record, abort);
    const build = await begun.done;
    expect(performance.now() - asked).toBeLessThan(limitMs);
    expect(processesMarked(marker)).toEqual([]);
    expect(build).toMatchObject({ status: 'failed', errorMessage: 'Build was cancelled' });
    expect(build.completedAt).toBeInstanceOf(Date);
    expect(readdirSync(join(test.config.buildDir ?? '', project.id))).toEqual([`${build.id}.log`]);
  });

  it('is ended by the timeout with its whole tree', async () => {
    const test = testRunner();
    const project = await folder('');
    const begun = begin(test, project, { timeoutMs: 2000, envVars: { PATH: await manager() } });
    const { errorMessage, startedAt, completedAt } = await begun.done;
    expect(errorMessage).toContain('Build timed out after 2000 ms');
    expect(Number(completedAt) - Number(startedAt) - 2000).toBeLessThan(limitMs);
    const marker = /^marker (.+)$/m.exec(begun.log.join('\n'))?.[1];
    expect(begun.log).toContain('grandchild is up');
    expect(processesMarked(marker ?? '')).toEqual([]);
  });
});

describe('cancelBuild', () => {
  it('ends one that waits, and knows only those that run or wait', async () => {
    const test = testRunner({ maxConcurrentBuilds: 1 });
    const { runner } = test;
    const first = begin(test, await folder('setInterval(() => {}, 1000)'), { skipInstall: true });
    const second = begin(test, await folder(''), { skipInstall: true });
    await eventually(runner.getStats.bind(runner), ({ queuedBuilds }) => queuedBuilds === 1);
    expect(second.log).toContain('Waiting for its turn, number 1');
    expect(await runner.cancelBuild(second.record.id)).toBe(true);
    expect(await second.done).toMatchObject({ errorMessage: 'Build was cancelled', startedAt: null });
    expect(runner.getStats().queuedBuilds).toBe(0);
    expect(await runner.cancelBuild(second.record.id)).toBe(false);
    expect(await runner.cancelBuild('unknown')).toBe(false);
    expect(await runner.cancelBuild(first.record.id)).toBe(true);
    expect(await first.done).toMatchObject({ status: 'failed', errorMessage: 'Build was cancelled' });
  });

  it('twice is like once, and the same build may be made again right after', async () => {
    const test = testRunner();
    const go = join(tempFolder(), 'go');
    const project = await folder(waits(go));
    const begun = begin(test, project, { skipInstall: true });
    await eventually(
      () => begun.log,
      (log) => log.includes('begun'),
    );
    const { cancelBuild } = test.runner;
    const cancel = cancelBuild.bind(test.runner, begun.record.id);
    expect(await Promise.all([cancel(), cancel()])).toEqual([true, true]);
    expect((await begun.done).status).toBe('failed');
    await writeFiles(dirname(go), { go: '' });
    const again = await test.runner.build(project, begun.record, { skipInstall: true });
    expect(again.errorMessage).toBeNull();
  });
});

describe('the queue', () => {
  it('lets other projects pass one that has its share', async () => {
    const config: RunnerConfig = { maxConcurrentBuilds: 2, maxConcurrentBuildsPerProject: 1 };
    const test = testRunner(config);
    const go = join(tempFolder(), 'go');
    const [busy, other] = await Promise.all([folder(waits(go)), folder('')]);
    const first = begin(test, busy, { skipInstall: true });
    const second = begin(test, busy, { skipInstall: true });
    const third = begin(test, other, { skipInstall: true });
    expect((await third.done).status).toBe('succeeded');
    expect(test.runner.getStats().queuedBuilds).toBe(1);
    expect(second.log).toEqual(['Waiting for its turn, number 1']);
    await writeFiles(dirname(go), { go: '' });
    const ended = await Promise.all([first.done, second.done]);
    expect(ended.map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
  });
});

describe('shutdown', () => {
  it('waits for builds where it is asked to, running and waiting, and takes no new ones', async () => {
    const test = testRunner({ maxConcurrentBuilds: 1 });
    const go = join(tempFolder(), 'go');
    const project = await folder(waits(go));
    const builds = [1, 2].map(() => begin(test, project, { skipInstall: true }));
    await eventually(
      () => builds[0]?.log,
      (log) => log?.includes('begun') === true,
    );
    const down = test.runner.shutdown({ builds: 'wait' });
    await expect(test.runner.build(project, buildRecord(deploymentRecord(project)))).rejects.toMatchObject({
      code: 'RUNNER_CLOSED',
    });
    await writeFiles(dirname(go), { go: '' });
    await down;
    const ended = await Promise.all(builds.map(({ done }) => done));
    expect(ended.map(({ errorMessage }) => errorMessage)).toEqual([null, null]);
  });

  it('that waits is cut short by one that cancels', async () => {
    const test = testRunner();
    const begun = begin(test, await folder('console.log("begun"); setInterval(() => {}, 1000)'), {
      skipInstall: true,
    });
    await eventually(
      () => begun.log,
      (log) => log.includes('begun'),
    );
    const waiting = test.runner.shutdown({ builds: 'wait' });
    await test.runner.shutdown();
    await waiting;
    expect(await begun.done).toMatchObject({ status: 'failed', errorMessage: 'Build was cancelled' });
  });

  it('refuses what it does not know', () => {
    const { runner } = testRunner();
    expect(() => runner.shutdown({ builds: 'finish' as never })).toThrow(
      'shutdown: builds must be "cancel" or "wait"; found "finish"',
    );
    expect(() => runner.shutdown({ servers: 'keep' as never })).toThrow(
      'shutdown: servers must be "stop" or "leave"; found "keep"',
    );
  });
});

it('tells hosts of its stages', async () => {
  const test = testRunner();
  const told: string[] = [];
  test.runner.on('build-stage', ({ buildId, stage, state }) => told.push(`${buildId} ${stage} ${state}`));
  const { record, done } = begin(test, await folder('process.exit(1)'), { skipInstall: true });
  await done;
  expect(told.at(0)).toBe(`${record.id} snapshot started`);
  expect(told.at(-1)).toBe(`${record.id} build failed`);
});
