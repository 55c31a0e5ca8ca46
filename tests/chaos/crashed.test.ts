import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Build, Deployment, Project, RunningServer } from '@project-runner/core';
import { LocalProcessRunner } from '@project-runner/runner';
import { expect, it, onTestFinished } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import type { RunnerProcessConfig } from '../support/runner-process.ts';
import { serverProject } from '../support/server-project.ts';
import { spawnRunner } from '../support/spawn-runner.ts';
import type { RunnerProcess } from '../support/spawn-runner.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { processesMarked } from '../support/test-runner.ts';

function config(changes: Partial<RunnerProcessConfig> = {}): RunnerProcessConfig & { stateDir: string } {
  const dir = tempFolder();
  const made = {
    stateDir: join(dir, 'state'),
    buildDir: join(dir, 'builds'),
    portRange: { start: 20_560, end: 20_579 },
    stopGraceMs: 3000,
    restart: 'never' as const,
  };
  // Whatever the test leaves behind is stopped by a last runner.
  onTestFinished(async () => {
    const last = new LocalProcessRunner(made);
    await last.recover();
    await last.shutdown();
  });
  return { ...made, ...changes };
}

interface Deployed {
  project: Project;
  deployment: Deployment;
  build: Build;
  server: RunningServer;
}

async function deploy(runner: RunnerProcess): Promise<Deployed> {
  const project = projectRecord(await serverProject('obedient'));
  const deployment = deploymentRecord(project);
  const build = await runner.call('build', project, buildRecord(deployment), { skipInstall: true });
  const server = await runner.call('deploy', project, deployment, build);
  return { project, deployment, build, server };
}

async function crash({ port }: RunningServer): Promise<void> {
  await fetch(`http://127.0.0.1:${port}/exit?code=7`).catch(() => undefined);
}

const has = (runner: RunnerProcess, name: string): Promise<unknown> =>
  eventually(
    () => runner.events,
    (events) => events.some(({ event }) => event === name),
  );

const why = {
  state: 'crashed',
  lastExit: { code: 7, signal: null },
  lastError: expect.stringContaining('it ended with exit code 7') as string,
  lastLines: ['run 1'],
};

it('what is known of a server that was given up survives its runner, until the next deploy', async () => {
  const shared = config();
  const runner = await spawnRunner(shared);
  const { project, deployment, build, server } = await deploy(runner);
  await crash(server);
  await has(runner, 'settled');
  const told = await runner.call('getServerStatus', server);
  expect(told).toMatchObject(why);
  await runner.kill();
  expect(readdirSync(join(shared.stateDir, 'servers'))).toEqual([]);

  const heir = await spawnRunner(shared);
  expect(await heir.call('recover')).toEqual([]);
  expect(await heir.call('getServerStatus', server)).toEqual(told);
  // It is told of, and nothing else.
  expect(await heir.call('getStats')).toMatchObject({ runningProcesses: 0, allocatedPorts: [] });
  expect(await heir.call('reattach', server)).toBe(false);
  expect(await heir.call('healthCheck', server)).toEqual({
    healthy: false,
    message: 'Process is not running',
  });
  await heir.call('stop', server);
  expect((await heir.call('getServerStatus', server))?.state).toBe('crashed');
  expect(heir.events.map(({ event }) => event)).toEqual(['started']);

  const next = await heir.call('deploy', project, deployment, build);
  expect(await heir.call('getServerStatus', server)).toBeNull();
  expect((await heir.call('getServerStatus', next))?.state).toBe('ready');
  await heir.call('stop', next);
});

it('a runner that is killed while it gives a server up has told the next one', async () => {
  const file = join(tempFolder(), 'routes.json');
  // The second change takes the route away.
  const shared = config({ routes: { file, hangs: 2 } });
  const runner = await spawnRunner(shared);
  const { server } = await deploy(runner);
  await crash(server);
  await eventually(
    () => runner.events,
    (events) => events.some(({ event, data }) => event === 'routed' && data === 2),
  );
  await runner.kill();
  const state = join(shared.stateDir, 'servers', server.id, 'server.json');
  const { lastError } = JSON.parse(readFileSync(state, 'utf8')) as { lastError: string };

  const heir = await spawnRunner({ ...shared, routes: { file } });
  expect(await heir.call('recover')).toEqual([]);
  await has(heir, 'settled');
  expect(await heir.call('getServerStatus', server)).toMatchObject({ ...why, lastError });
  expect(existsSync(state)).toBe(false);
  expect(processesMarked(server.id)).toEqual([]);
  await heir.kill();
  const third = await spawnRunner({ ...shared, routes: { file } });
  expect(await third.call('getServerStatus', server)).toMatchObject({ ...why, lastError });
});
