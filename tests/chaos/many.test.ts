import { readFileSync } from 'node:fs';

import type { RunnerEvents, RunningServer } from '@project-runner/core';
import { describe, expect, it, onTestFinished } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { serverProject } from '../support/server-project.ts';
import { spawnRunner } from '../support/spawn-runner.ts';
import type { RunnerProcess } from '../support/spawn-runner.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { isLong } from './long.ts';

const half = 25;
const policy = {
  initialDelayMs: 200,
  maxDelayMs: isLong ? 5000 : 1000,
  jitter: 0.2,
  maxRestarts: isLong ? 12 : 5,
};

/** CPU that a process took so far, in ms. */
function cpuMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // A clock tick is 10 ms.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Deploys so many servers of one build, a few at a time. */
async function deployMany(
  runner: RunnerProcess,
  fixture: string,
  count: number,
  envVars: (index: number) => Record<string, string>,
): Promise<RunningServer[]> {
  const project = projectRecord(await serverProject(fixture));
  const build = await runner.call('build', project, buildRecord(deploymentRecord(project)), {
    skipInstall: true,
  });
  const servers: RunningServer[] = [];
  const lane = async (from: number): Promise<void> => {
    for (let index = from; index < count; index += 4) {
      const options = { envVars: envVars(index), healthCheckTimeoutMs: 200_000 };
      servers.push(await runner.call('deploy', project, deploymentRecord(project), build, options));
    }
  };
  await Promise.all([0, 1, 2, 3].map(lane));
  return servers;
}

interface Traffic {
  answered: number;
  failures: string[];
  stop(): Promise<void>;
}

/** Asks servers one after the other, always with a connection of its own; each answer must come from the same process. */
function keepAsking(servers: readonly RunningServer[]): Traffic {
  const over = new AbortController();
  const traffic: Traffic = { answered: 0, failures: [], stop: () => (over.abort(), going) };
  const ask = async ({ id, port, processId }: RunningServer): Promise<void> => {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
      const text = await response.text();
      if (text === `hello from ${processId}`) traffic.answered += 1;
      else traffic.failures.push(`${id}: ${text}`);
    } catch (error) {
      traffic.failures.push(`${id}: ${String((error as Error).cause ?? error)}`);
    }
  };
  const going = (async () => {
    while (!over.signal.aborted) for (const server of servers) await ask(server);
  })();
  return traffic;
}

describe('fifty servers, of which half crash again and again', () => {
  it('leave the other half alone, wait as specified, and are given up, at little cost', async () => {
    const dir = tempFolder();
    const runner = await spawnRunner({
      portRange: { start: 21_600, end: 21_699 },
      buildDir: `${dir}/builds`,
      stateDir: `${dir}/state`,
      restart: policy,
    });
    onTestFinished(() => runner.call('shutdown').catch(() => undefined));
    const eventsOf = <Name extends keyof RunnerEvents>(name: Name, id?: string): RunnerEvents[Name][0][] =>
      runner.events
        .filter((item) => item.event === name)
        .map((item) => item.data as RunnerEvents[Name][0])
        .filter((event) => id === undefined || ('server' in event && event.server.id === id));

    const well = await deployMany(runner, 'well', half, () => ({}));
    const bad = await deployMany(runner, 'crash-loop', half, (index) => ({
      CRASH: index % 2 === 0 ? 'late' : 'early',
    }));
    const traffic = keepAsking(well);
    const [startedAt, cpuBefore] = [performance.now(), cpuMs(runner.pid)];
    await Promise.all(
      bad.map(({ port }) => fetch(`http://127.0.0.1:${port}/crash`).then((response) => response.text())),
    );
    await eventually(
      () => eventsOf('crashed').length,
      (count) => count === half,
      200_000,
    );
    const [tookMs, usedMs] = [performance.now() - startedAt, cpuMs(runner.pid) - cpuBefore];
    await traffic.stop();

    expect(traffic.failures).toEqual([]);
    expect(traffic.answered).toBeGreaterThan(half);
    for (const { id } of well) expect(eventsOf('restarting', id)).toEqual([]);

    for (const { id } of bad) {
      const delays = eventsOf('restarting', id).map(({ delayMs }) => delayMs);
      expect(delays).toHaveLength(policy.maxRestarts);
      for (const [index, delayMs] of delays.entries()) {
        // At once after it was ready, then doubling, with up to a fifth more.
        const pause = index === 0 ? 0 : Math.min(policy.initialDelayMs * 2 ** (index - 1), policy.maxDelayMs);
        expect(delayMs).toBeGreaterThanOrEqual(pause);
        expect(delayMs).toBeLessThanOrEqual(pause * (1 + policy.jitter) + 1);
      }
      const [crashed] = eventsOf('crashed', id);
      expect(crashed?.reason).toMatch(/exit code 9[^]*started again \d+ times within 300 s/);
      expect(crashed?.lastLines.at(-1)).toMatch(/cannot go on/);
      const status = await runner.call('getServerStatus', { id });
      expect(status).toMatchObject({ state: 'crashed', restarts: policy.maxRestarts });
      expect(status?.lastExit).toEqual({ code: 9, signal: null });
    }
    await eventually(
      () => eventsOf('settled').length,
      (count) => count === half,
      60_000,
    );
    expect(await runner.call('getStats')).toMatchObject({
      runningProcesses: half,
      allocatedPorts: well.map(({ port }) => port).toSorted((a, b) => a - b),
    });

    const restarts = half * policy.maxRestarts;
    const perRestart = usedMs / restarts;
    console.log(
      `runner: ${usedMs} ms CPU in ${Math.round(tookMs)} ms (${((usedMs / tookMs) * 100).toFixed(1)} % of a core) for ${restarts} restarts, ${perRestart.toFixed(1)} ms each; ${traffic.answered} requests answered`,
    );
    // A start costs the child itself some 50 ms; the runner's share must be less than that.
    expect(perRestart).toBeLessThan(50);
  });
});
