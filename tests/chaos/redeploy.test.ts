import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Deployment, RunningServer } from '@project-runner/core';
import { LocalProcessRunner } from '@project-runner/runner';
import { expect, it, onTestFinished } from 'vitest';

import { routesIn } from '../support/file-router.ts';
import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { serverProject } from '../support/server-project.ts';
import { spawnRunner } from '../support/spawn-runner.ts';
import type { RunnerProcess } from '../support/spawn-runner.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { processesMarked } from '../support/test-runner.ts';

const timeout = 10_000;

function shared() {
  const dir = tempFolder();
  const config = {
    stateDir: join(dir, 'state'),
    buildDir: join(dir, 'builds'),
    portRange: { start: 20_080, end: 20_099 },
    stopGraceMs: 3000,
  };
  onTestFinished(async () => {
    const last = new LocalProcessRunner(config);
    await last.recover();
    await last.shutdown();
  });
  return { config, routes: join(dir, 'routes.json') };
}

/** Deploys the same again and again. */
async function deployer(runner: RunnerProcess, fixture: string) {
  const project = projectRecord(await serverProject(fixture));
  const deployment = deploymentRecord(project);
  const build = await runner.call('build', project, buildRecord(deployment), { skipInstall: true });
  return { deployment, deploy: () => runner.call('deploy', project, deployment, build) };
}

function spawned(runner: RunnerProcess): RunningServer[] {
  const events = runner.events.filter(({ event }) => event === 'spawned');
  return events.map(({ data }) => (data as { server: RunningServer }).server);
}

function targetOf(file: string, deployment: Deployment): number | undefined {
  return routesIn(file)[deployment.id]?.targetPort;
}

it('a runner that is killed while the router moves the route leaves the old server serving', async () => {
  const { config, routes } = shared();
  const runner = await spawnRunner({ ...config, routes: { file: routes, hangs: 2 } });
  const { deployment, deploy } = await deployer(runner, 'well');
  const old = await deploy();
  deploy().catch(() => undefined);
  await expect.poll(() => runner.events, { timeout }).toContainEqual({ event: 'routed', data: 2 });
  await runner.kill();
  const young = spawned(runner)[1];
  expect(targetOf(routes, deployment)).toBe(young?.port);

  const heir = await spawnRunner({ ...config, routes: { file: routes } });
  expect((await heir.call('recover')).map(({ id }) => id)).toContain(old.id);
  await expect.poll(() => targetOf(routes, deployment), { timeout }).toBe(old.port);
  await expect.poll(() => processesMarked(young?.id ?? ''), { timeout }).toEqual([]);
  expect(await (await fetch(`http://127.0.0.1:${old.port}/`)).text()).toBe(`hello from ${old.processId}`);
  expect(await heir.call('recover')).toMatchObject([{ id: old.id }]);
  await heir.call('stop', old);
  expect(targetOf(routes, deployment)).toBeUndefined();
});

it('a runner that is killed before it stops what it replaced leaves the new server serving', async () => {
  const { config, routes } = shared();
  const runner = await spawnRunner({ ...config, stopGraceMs: 28_000, routes: { file: routes } });
  const { deployment, deploy } = await deployer(runner, 'ignores-sigterm');
  const old = await deploy();
  deploy().catch(() => undefined);
  await expect.poll(() => runner.events, { timeout }).toContainEqual({ event: 'routed', data: 2 });
  await expect.poll(() => runner.call('getLogs', old), { timeout }).toContain('not now');
  await runner.kill();
  // As if it had been killed a moment before it began with the stop.
  const file = join(config.stateDir, 'servers', old.id, 'server.json');
  const stored = JSON.parse(readFileSync(file, 'utf8')) as { state: string };
  expect(stored.state).toBe('stopping');
  writeFileSync(file, JSON.stringify({ ...stored, state: 'ready' }));

  const heir = await spawnRunner({ ...config, routes: { file: routes } });
  await heir.call('recover');
  await expect.poll(() => processesMarked(old.id), { timeout }).toEqual([]);
  const young = spawned(runner)[1];
  expect(await heir.call('recover')).toMatchObject([{ id: young?.id }]);
  expect(targetOf(routes, deployment)).toBe(young?.port);
});

it('a server that was starting again when its runner was killed is waited for, and no longer than ever', async () => {
  const { config, routes } = shared();
  const healthCheck = { maxRetries: 4, retryIntervalMs: 500 };
  const restart = { initialDelayMs: 1 };
  const runner = await spawnRunner({ ...config, healthCheck, restart });
  const { deployment, deploy } = await deployer(runner, 'hangs-later');
  const server = await deploy();
  const flag = join(config.stateDir, 'data', deployment.id, 'hang');
  writeFileSync(flag, '');
  await fetch(`http://127.0.0.1:${server.port}/crash`).catch(() => undefined);
  await expect.poll(() => runner.call('getLogs', server), { timeout }).toContain('hanging');
  await runner.kill();

  const heir = await spawnRunner({ ...config, healthCheck, restart, routes: { file: routes } });
  expect(await heir.call('recover')).toMatchObject([{ id: server.id, healthStatus: 'starting' }]);
  await expect
    .poll(() => heir.call('getServerStatus', server), { timeout })
    .toMatchObject({ lastError: expect.stringContaining('within 2000 ms') as string });
  rmSync(flag);
  await expect
    .poll(() => heir.call('getServerStatus', server), { timeout: 20_000 })
    .toMatchObject({ state: 'ready' });
  expect(await (await fetch(`http://127.0.0.1:${server.port}/`)).text()).toBe('well');
});

it('a deploy that gets the port of a server in its back-off keeps its route', async () => {
  const { config, routes } = shared();
  const runner = await spawnRunner({
    ...config,
    portRange: { start: 20_080, end: 20_080 },
    healthCheck: { maxRetries: 4, retryIntervalMs: 500 },
    restart: { initialDelayMs: 60_000 },
    routes: { file: routes },
  });
  const { deployment, deploy } = await deployer(runner, 'hangs-later');
  const old = await deploy();
  const flag = join(config.stateDir, 'data', deployment.id, 'hang');
  writeFileSync(flag, '');
  await fetch(`http://127.0.0.1:${old.port}/crash`).catch(() => undefined);
  await expect
    .poll(() => runner.call('getServerStatus', old), { timeout: 20_000 })
    .toMatchObject({ state: 'backoff', lastError: expect.stringContaining('within 2000 ms') as string });
  rmSync(flag);
  const young = await deploy();
  expect(young.port).toBe(old.port);
  expect(await runner.call('getServerStatus', old)).toMatchObject({ state: 'exited' });
  expect(targetOf(routes, deployment)).toBe(young.port);
  await runner.call('stop', young);
  expect(targetOf(routes, deployment)).toBeUndefined();
});
