import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { portsHeld } from '@project-runner/ports-held';
import type { RunOptions } from '@project-runner/core';
import { LocalProcessRunner } from '@project-runner/runner';
import { expect, it, onTestFinished } from 'vitest';

import { heldProject } from '../support/held-project.ts';
import { putLoad } from '../support/put-load.ts';
import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { spawnRunner } from '../support/spawn-runner.ts';
import type { RunnerProcess } from '../support/spawn-runner.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { processesMarked } from '../support/test-runner.ts';

const timeout = 20_000;

function shared(dir = tempFolder()) {
  const held = { start: 26_460, end: 26_469, leaseDir: join(dir, 'ports') };
  const config = {
    stateDir: join(dir, 'state'),
    buildDir: join(dir, 'builds'),
    stopGraceMs: 12_000,
    replaceGraceMs: 0,
    restart: { stableMs: 0 },
  };
  onTestFinished(async () => {
    const last = new LocalProcessRunner({ ...config, plugins: [portsHeld(held)] });
    await last.recover();
    await last.shutdown();
  });
  return { ...config, held };
}

async function deployer(runner: RunnerProcess) {
  const project = projectRecord(await heldProject('esm.mjs'));
  const deployment = deploymentRecord(project);
  const build = await runner.call('build', project, buildRecord(deployment), { skipInstall: true });
  return {
    deploy: (by = runner, options: RunOptions = {}) => by.call('deploy', project, deployment, build, options),
  };
}

const pidAt = async (port: number): Promise<number> =>
  Number(await (await fetch(`http://127.0.0.1:${port}/`)).text());

it('a runner that is killed takes no request with it, and the next one holds the port from the next start on', async () => {
  const config = shared();
  const runner = await spawnRunner(config);
  const server = await (await deployer(runner)).deploy();
  const load = putLoad({ port: server.port });
  await load.answers(50);
  await runner.kill();
  await load.answers(50);
  const heir = await spawnRunner(config);
  expect(await heir.call('recover')).toMatchObject([{ id: server.id, port: server.port }]);
  expect(await heir.call('healthCheck', server)).toEqual({ healthy: true });
  await load.answers(50);
  expect((await load.end()).failed).toEqual([]);

  // The socket went with the server; the one that comes back has a new one on the same port, and from then on it is held.
  process.kill(server.processId ?? Number.NaN, 'SIGKILL');
  await expect.poll(() => heir.events.filter(({ event }) => event === 'ready'), { timeout }).toHaveLength(1);
  const again = await pidAt(server.port);
  const second = putLoad({ port: server.port });
  await second.answers(50);
  process.kill(again, 'SIGKILL');
  await expect.poll(() => heir.events.filter(({ event }) => event === 'ready'), { timeout }).toHaveLength(2);
  await second.answers(50);
  expect((await second.end()).failed).not.toContain('ECONNREFUSED');
});

it('a redeploy after a take-over serves on another port, and the next one keeps that', async () => {
  const config = shared();
  const runner = await spawnRunner(config);
  const { deploy } = await deployer(runner);
  const first = await deploy();
  await runner.kill();
  const heir = await spawnRunner(config);
  const second = await deploy(heir);
  expect(second.port).not.toBe(first.port);
  expect(await pidAt(second.port)).toBe(second.processId);
  expect(processesMarked(first.id)).toEqual([]);
  expect((await deploy(heir)).port).toBe(second.port);
});

it('a fixed port is refused to a redeploy after a take-over, and held again from the next start on', async () => {
  const config = shared();
  const fixed = { port: 26_470 };
  const runner = await spawnRunner(config);
  const { deploy } = await deployer(runner);
  const first = await deploy(runner, fixed);
  await runner.kill();
  const heir = await spawnRunner(config);
  await heir.call('recover');
  const load = putLoad({ port: fixed.port });
  await load.answers(20);
  await expect(deploy(heir, fixed)).rejects.toMatchObject({
    code: 'PORT_UNAVAILABLE',
    message: expect.stringMatching(
      /^Port 26470 is not free: the deployment's present server listens on it.*An earlier runner started it/,
    ) as string,
  });
  await load.answers(20);
  expect((await load.end()).failed).toEqual([]);
  expect(await pidAt(fixed.port)).toBe(first.processId);

  process.kill(first.processId ?? Number.NaN, 'SIGKILL');
  await expect.poll(() => heir.events.filter(({ event }) => event === 'ready'), { timeout }).toHaveLength(1);
  const second = putLoad({ port: fixed.port });
  await second.answers(20);
  const next = await deploy(heir, fixed);
  await second.answers(20);
  expect((await second.end()).failed).toEqual([]);
  expect(await pidAt(fixed.port)).toBe(next.processId);
});

it('a fixed port can be had again once the server that was taken over is stopped', async () => {
  const config = shared();
  const fixed = { port: 26_471 };
  const runner = await spawnRunner(config);
  const { deploy } = await deployer(runner);
  const first = await deploy(runner, fixed);
  await runner.kill();
  const heir = await spawnRunner(config);
  await heir.call('stop', first);
  const next = await deploy(heir, fixed);
  expect(await pidAt(fixed.port)).toBe(next.processId);
});

it('a runner that is killed with two servers on one port leaves the one whose deploy was through', async () => {
  const config = shared();
  const runner = await spawnRunner(config);
  const { deploy } = await deployer(runner);
  const first = await deploy();
  const load = putLoad({ port: first.port });
  await load.answers(50);
  const deploying = deploy().catch(() => undefined);
  await expect
    .poll(() => runner.events.filter(({ event }) => event === 'spawned'), { timeout, interval: 1 })
    .toHaveLength(2);
  await runner.kill();
  await deploying;
  const heir = await spawnRunner(config);
  const [left, ...others] = await heir.call('recover');
  expect(others).toEqual([]);
  await load.answers(50);
  const { failed } = await load.end();
  expect(failed).toEqual([]);
  expect(await pidAt(left?.port ?? 0)).toBe(left?.processId);
});

/** The path of a socket in the folder of a run is too long here, and one beside those folders is not. */
const deep = (dir: string): string => join(dir, 'x'.repeat(Math.max(1, 60 - dir.length)));

it('a server whose socket is cleaned away is still healthy, and what it left goes with it', async () => {
  const config = shared(deep(tempFolder()));
  const sockets = join(config.stateDir, 's');
  const runner = await spawnRunner(config);
  const server = await (await deployer(runner)).deploy();
  expect(readdirSync(sockets)).toHaveLength(1);
  for (const name of readdirSync(sockets)) rmSync(join(sockets, name, 'http'));
  expect(await runner.call('healthCheck', server)).toEqual({ healthy: true });
  await runner.kill();
  const heir = await spawnRunner(config);
  expect(await heir.call('recover')).toMatchObject([{ id: server.id }]);
  expect(await heir.call('healthCheck', server)).toEqual({ healthy: true });
  expect(readdirSync(sockets)).toHaveLength(1);
  await heir.call('stop', server);
  expect(readdirSync(sockets)).toEqual([]);
});

it('the socket of a server that ended while no runner was there is removed', async () => {
  const config = shared(deep(tempFolder()));
  const sockets = join(config.stateDir, 's');
  const runner = await spawnRunner(config);
  const server = await (await deployer(runner)).deploy();
  await runner.kill();
  process.kill(server.processId ?? Number.NaN, 'SIGKILL');
  await expect.poll(() => processesMarked(server.id), { timeout }).toEqual([]);
  expect(readdirSync(sockets)).toHaveLength(1);
  const heir = await spawnRunner(config);
  expect(await heir.call('recover')).toEqual([]);
  await expect.poll(() => readdirSync(sockets), { timeout }).toEqual([]);
});
