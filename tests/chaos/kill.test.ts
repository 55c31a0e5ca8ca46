import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { RunningServer } from '@project-runner/core';
import { expect, it, onTestFinished } from 'vitest';

import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { createRandom } from '../support/random.ts';
import { serverProject } from '../support/server-project.ts';
import { spawnRunner } from '../support/spawn-runner.ts';
import type { RunnerProcess } from '../support/spawn-runner.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { isLong } from './long.ts';

const rounds = isLong ? 200 : 20;

/** Asks the server all the time, a new connection for each request, and counts what went wrong. */
function client(port: number): { failures: string[]; requests(): number; stop(): Promise<void> } {
  const failures: string[] = [];
  let requests = 0;
  const over = new AbortController();
  const done = (async () => {
    while (!over.signal.aborted) {
      requests += 1;
      try {
        const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
        await response.text();
        if (response.status !== 200) failures.push(`status ${response.status}`);
      } catch (error) {
        failures.push(String((error as Error).cause ?? error));
      }
      await delay(2);
    }
  })();
  const stop = async (): Promise<void> => {
    over.abort();
    await done;
  };
  onTestFinished(stop);
  return { failures, requests: () => requests, stop };
}

async function deployChatty(runner: RunnerProcess): Promise<RunningServer> {
  const project = projectRecord(await serverProject('chatty'));
  const deployment = deploymentRecord(project);
  const build = await runner.call('build', project, buildRecord(deployment), { skipInstall: true });
  expect(build).toMatchObject({ status: 'succeeded' });
  return runner.call('deploy', project, deployment, build);
}

/** The texts of a server's log files, by stream; every line must be one of the format. */
function readLogs(dir: string): { stdout: string[]; stderr: string[] } {
  const texts: { stdout: string[]; stderr: string[] } = { stdout: [], stderr: [] };
  for (const name of readdirSync(dir)
    .filter((file) => /^\d+\.log$/.test(file))
    .toSorted()) {
    const lines = readFileSync(join(dir, name), 'utf8').split('\n');
    expect(lines.pop()).toBe('');
    for (const line of lines) {
      const match = /^\S+Z (stdout|stderr) F(?::\d+)? (.*)$/.exec(line);
      expect(match, line).not.toBeNull();
      texts[match?.[1] as 'stdout' | 'stderr'].push(match?.[2] ?? '');
    }
  }
  return texts;
}

it(`SIGKILL of the runner at ${rounds} random moments loses no request, no line and no process`, async () => {
  const dir = tempFolder();
  const random = createRandom();
  const config = {
    stateDir: join(dir, 'state'),
    buildDir: join(dir, 'builds'),
    portRange: { start: 20_000, end: 20_019 },
    // So small that it is often killed while it begins a new one.
    segmentBytes: 200_000,
  };
  let runner = await spawnRunner(config);
  const server = await deployChatty(runner);
  const load = client(server.port);
  const adoptions: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await delay(random() * 400);
    await runner.kill();
    await delay(random() * 300);
    runner = await spawnRunner(config);
    // Sometimes it dies while it takes over.
    const startedAt = performance.now();
    const recovery = runner.call('recover');
    if (round % 4 === 3) {
      recovery.catch(() => undefined);
      await delay(random() * 40);
      continue;
    }
    expect(await recovery).toMatchObject([
      { id: server.id, processId: server.processId, port: server.port, deploymentId: server.deploymentId },
    ]);
    adoptions.push(performance.now() - startedAt);
  }
  await runner.call('recover');
  expect(Math.max(...adoptions)).toBeLessThan(1000);
  expect(await runner.call('healthCheck', server)).toEqual({ healthy: true });
  await load.stop();
  expect(load.requests()).toBeGreaterThan(rounds);
  expect(load.failures).toEqual([]);

  await runner.call('stop', server);
  await expect(runner.call('isProcessAlive', server.processId ?? 0)).resolves.toBe(false);
  const { stdout, stderr } = readLogs(join(config.stateDir, 'logs', server.id));
  const numbers = (texts: string[]): number[] => texts.map((text) => Number(text.split(' ')[1]));
  expect(numbers(stdout)).toEqual(stdout.map((_, index) => index + 1));
  expect(
    stdout.every(
      (text, index) => text.endsWith('the end') || text.split(' ')[2]?.length === (index + 1) % 120,
    ),
  ).toBe(true);
  expect(stdout.at(-1)).toMatch(/the end$/);
  expect(stdout.length).toBeGreaterThan(10_000);
  expect(numbers(stderr)).toEqual(stderr.map((_, index) => index + 1));
  expect(readdirSync(join(config.stateDir, 'servers'))).toEqual([]);
  expect(readdirSync(join(config.stateDir, 'owners'))).toEqual([]);
});

it('a runner that is killed while it stops a server, or starts one, leaves none behind', async () => {
  const dir = tempFolder();
  const random = createRandom();
  const config = {
    stateDir: join(dir, 'state'),
    buildDir: join(dir, 'builds'),
    portRange: { start: 20_020, end: 20_039 },
  };
  for (let round = 0; round < (isLong ? 50 : 6); round += 1) {
    let runner = await spawnRunner(config);
    const project = projectRecord(await serverProject('chatty'));
    const deployment = deploymentRecord(project);
    const build = await runner.call('build', project, buildRecord(deployment), { skipInstall: true });
    const deploy = runner.call('deploy', project, deployment, build);
    if (round % 2 === 0) {
      const server = await deploy;
      runner.call('stop', server).catch(() => undefined);
      await delay(random() * 20);
    } else {
      deploy.catch(() => undefined);
      await delay(random() * 120);
    }
    await runner.kill();
    runner = await spawnRunner(config);
    const left = await runner.call('recover');
    // A deploy that had just succeeded when its runner died is a server like any other.
    for (const server of left) await runner.call('stop', server);
    const kept = (): string[] => readdirSync(join(config.stateDir, 'servers'));
    await expect.poll(kept, { timeout: 20_000 }).toEqual([]);
    expect(await runner.call('getStats')).toMatchObject({ runningProcesses: 0, allocatedPorts: [] });
    await runner.kill();
  }
});
