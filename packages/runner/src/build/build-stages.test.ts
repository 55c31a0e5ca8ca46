import { PluginSet } from '@project-runner/core';
import type { BuildStageEvent } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { defaultPlugins } from '../default-plugins.ts';
import { buildRecord, projectRecord } from '../records.test-support.ts';
import { resolveConfig } from '../resolve-config.ts';
import { localSource, tempFolder, testBuilder, writeFiles } from './build-fixture.test-support.ts';
import { createBuildStages } from './build-stages.ts';
import { ProjectBuilder } from './project-builder.ts';

const folder = (build: string): string =>
  writeFiles(tempFolder(), {
    'package.json': { json: { scripts: { start: 'node server.mjs', build } } },
    'server.mjs': '',
  });

const names = (events: readonly BuildStageEvent[]): string[] =>
  events.map(({ stage, state }) => `${stage} ${state}`);

describe('the stages of a build', () => {
  it('are all told, one after the other, with how long they took', async () => {
    const { build, stages } = testBuilder();
    const project = projectRecord(folder('node -e ""'));
    const { id } = await build('', {}, { project });
    expect(names(stages)).toEqual(
      ['snapshot', 'install', 'build', 'verify', 'release'].flatMap((name) => [
        `${name} started`,
        `${name} succeeded`,
      ]),
    );
    let last = 0;
    for (const { startedAt, endedAt, durationMs, stage, state, ...rest } of stages) {
      expect(rest).toEqual({ projectId: project.id, buildId: id, cached: false });
      expect(Number(endedAt ?? startedAt)).toBeGreaterThanOrEqual(last);
      last = Number(endedAt ?? startedAt);
      const isRunning = state === 'started';
      expect([stage, endedAt === null, durationMs === null]).toEqual([stage, isRunning, isRunning]);
    }
    const built = stages.find(({ stage, endedAt }) => stage === 'build' && endedAt !== null);
    expect(built?.durationMs).toBeGreaterThan(10);
  });

  it('end with the one that failed', async () => {
    const { build, stages } = testBuilder();
    await build(folder('exit 3'));
    expect(names(stages.slice(-2))).toEqual(['build started', 'build failed']);
    expect(stages.at(-1)?.endedAt).toBeInstanceOf(Date);
  });

  it('end with the one in which the build was cancelled, before it settles', async () => {
    const { build, stages } = testBuilder();
    const cancel = new AbortController();
    const onLog = (line: string): void => {
      if (line === 'begun') cancel.abort();
    };
    const script = `node -e "console.log('begun'); setInterval(() => {}, 1000)"`;
    await build(folder(script), { signal: cancel.signal }, { onLog });
    expect(names(stages.slice(-2))).toEqual(['build started', 'build failed']);
  });

  it('are none of a build that was cancelled before its turn', async () => {
    const { build, stages } = testBuilder();
    await build(folder(''), { signal: AbortSignal.abort() });
    expect(stages).toEqual([]);
  });

  it('do not hurt a build by a callback that throws', async () => {
    const dir = tempFolder();
    const config = resolveConfig({ buildDir: `${dir}/builds`, stateDir: `${dir}/state` });
    const plugins = PluginSet.from(defaultPlugins());
    const onStage = (): never => {
      throw new Error('a bug of the host');
    };
    const builder = new ProjectBuilder({ config, plugins, onStage });
    const request = {
      project: projectRecord(folder('node -e ""')),
      build: buildRecord(),
      source: localSource,
    };
    expect((await builder.build({ ...request, options: { skipInstall: true } })).errorMessage).toBeNull();
  });
});

it('createBuildStages tells at the end that a stage was cached, and keeps what has ended', async () => {
  const told: BuildStageEvent[] = [];
  const stages = createBuildStages({ projectId: 'p', buildId: 'b' }, (event) => told.push(event));
  expect(await stages.run('install', async ({ markCached }) => (markCached(), 'layer'))).toBe('layer');
  expect(told.map(({ cached }) => cached)).toEqual([false, true]);
  const fail = stages.run('build', async () => {
    throw new Error('broken');
  });
  await expect(fail).rejects.toThrow('broken');
  expect(names(stages.ended())).toEqual(['install succeeded', 'build failed']);
});
