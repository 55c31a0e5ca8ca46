import type { RunnerEvents, RunningServer } from '@project-runner/core';
import { portsRange } from '@project-runner/ports-range';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { memoryRouter } from '../support/memory-router.ts';
import { spawnThief, withThief } from '../support/port-thief.ts';
import { createRandom } from '../support/random.ts';
import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { recordEvents } from '../support/server-events.ts';
import { serverProject } from '../support/server-project.ts';
import { spawnRunner } from '../support/spawn-runner.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { buildFolder, deployFolder, processesMarked, testRunner } from '../support/test-runner.ts';
import { isLong } from './long.ts';

const ask = async (port: number): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(60_000) })).text();

/** Leases of this test alone, shared by all its runners. */
function ownLeases(): void {
  vi.stubEnv('XDG_STATE_HOME', tempFolder());
  onTestFinished(() => void vi.unstubAllEnvs());
}

/** A runner process with its own state, and a build of a server that does well. */
async function runnerWithBuild(portRange: { start: number; end: number }) {
  const dir = tempFolder();
  const runner = await spawnRunner({
    portRange,
    buildDir: `${dir}/builds`,
    stateDir: `${dir}/state`,
    stopGraceMs: 10_000,
  });
  const project = projectRecord(await serverProject('well'));
  const build = await runner.call('build', project, buildRecord(deploymentRecord(project)), {
    skipInstall: true,
  });
  return {
    runner,
    deploy: (): Promise<RunningServer> =>
      runner.call('deploy', project, deploymentRecord(project), build, { healthCheckTimeoutMs: 200_000 }),
  };
}

describe('runner processes on one range', () => {
  it('never give one port to two servers', async () => {
    ownLeases();
    const random = createRandom();
    const [each, atOnce] = isLong ? [40, 12] : [10, 4];
    // Room for all that are under way, those that stay, and a few to choose from.
    const portRange = { start: 21_400, end: 21_400 + 6 * atOnce + 8 };
    const runners = await Promise.all(Array.from({ length: 4 }, () => runnerWithBuild(portRange)));
    onTestFinished(async () => {
      await Promise.allSettled(runners.map(({ runner }) => runner.call('shutdown')));
    });
    const held = new Map<number, RunningServer>();
    const doubled: string[] = [];
    let deploys = 0;

    const deployAndStop = async ({ runner, deploy }: (typeof runners)[number]): Promise<void> => {
      const server = await deploy();
      deploys += 1;
      const other = held.get(server.port);
      if (other) doubled.push(`${server.port}: ${server.id} and ${other.id}`);
      held.set(server.port, server);
      expect(await ask(server.port)).toBe(`hello from ${server.processId}`);
      // Some live until the end, so that ports get scarce.
      if (random() < 0.25 && held.size < 2 * atOnce) return;
      held.delete(server.port);
      await runner.call('stop', server);
    };
    await Promise.all(
      runners.flatMap((each_) =>
        Array.from({ length: atOnce }, async (_, lane) => {
          for (let n = lane; n < each; n += atOnce) await deployAndStop(each_);
        }),
      ),
    );
    expect(doubled).toEqual([]);
    expect(deploys).toBe(4 * each);
    for (const [port, server] of held) expect(await ask(port)).toBe(`hello from ${server.processId}`);
    await Promise.all(runners.map(({ runner }) => runner.call('shutdown')));
    for (const { id } of held.values()) expect(processesMarked(id)).toEqual([]);
  });

  it('respect the server of a runner that was killed, and take its port when it is gone', async () => {
    ownLeases();
    const portRange = { start: 21_390, end: 21_390 };
    const [first, second] = [await runnerWithBuild(portRange), await runnerWithBuild(portRange)];
    const server = await first.deploy();
    onTestFinished(() => processesMarked(server.id).forEach((pid) => process.kill(pid, 'SIGKILL')));
    await expect(second.deploy()).rejects.toMatchObject({ code: 'PORTS_EXHAUSTED' });
    await first.runner.kill();
    await expect(second.deploy()).rejects.toMatchObject({ code: 'PORTS_EXHAUSTED' });
    expect(await ask(server.port)).toBe(`hello from ${server.processId}`);
    process.kill(server.processId ?? 0, 'SIGKILL');
    // The shim ends after its server.
    await vi.waitFor(() => expect(processesMarked(server.id)).toEqual([]), { timeout: 30_000 });
    const next = await second.deploy();
    expect(next.port).toBe(server.port);
    await second.runner.call('shutdown');
  });
});

describe('a thief that takes the port between lease and bind', () => {
  const range = () => portsRange({ start: 21_500, end: 21_519, leaseDir: tempFolder() });

  it.each([
    ['once', 'well', 1, '127.0.0.1'],
    ['four times', 'well', 4, '127.0.0.1'],
    ['on every address', 'well', 1, '::'],
    ['from a server that does not mind', 'clings', 1, '127.0.0.1'],
  ])('%s only makes the server run elsewhere', async (_, fixture, times, host) => {
    const stolen: number[] = [];
    const thievish = withThief(range(), ({ port }) => stolen.length < times && stolen.push(port) > 0 && host);
    const { runner } = testRunner({ plugins: [thievish] });
    const events = recordEvents(runner);
    const { server } = await deployFolder(runner, await serverProject(fixture));
    expect(stolen).toHaveLength(times);
    expect(stolen).not.toContain(server.port);
    expect(await ask(server.port)).toBe(`hello from ${server.processId}`);
    expect(runner.getStats().allocatedPorts).toEqual([server.port]);
    expect(events.all('spawned')).toHaveLength(times + 1);
    expect(events.all('exited')).toHaveLength(times);
  });

  it('that takes them all fails the deploy after five, with nothing left', async () => {
    const thievish = withThief(range(), () => '127.0.0.1');
    const { runner } = testRunner({ plugins: [thievish] });
    const built = await buildFolder(runner, await serverProject('well'));
    await expect(runner.deploy(built.project, built.deployment, built.build)).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
      message: expect.stringContaining('21501, 21502') as string,
    });
    expect(runner.getStats()).toMatchObject({ runningProcesses: 0, allocatedPorts: [] });
  });

  it('from a server that was started again makes it come back elsewhere', async () => {
    const thief = spawnThief();
    const { runner } = testRunner({ plugins: [range()], restart: { initialDelayMs: 1 } });
    const events = recordEvents(runner);
    const router = memoryRouter();
    runner.setRouter(router);
    const { server } = await deployFolder(runner, await serverProject('obedient'));
    const taken = thief.take(server.port);
    process.kill(server.processId ?? 0, 'SIGKILL');
    await taken;
    const { server: back } = await events.next('ready', 2);
    expect(back.id).toBe(server.id);
    expect(back.port).not.toBe(server.port);
    expect(await ask(back.port)).toContain(`as ${back.processId}`);
    expect(runner.getStats().allocatedPorts).toEqual([back.port]);
    const target = (): number | undefined => router.routes.get(server.deploymentId)?.targetPort;
    await eventually(target, (port) => port === back.port);
  });
});

describe('a lease', () => {
  it('is given back on every kind of exit, so that the next deploy gets the only port', async () => {
    const only = portsRange({ start: 21_530, end: 21_530, leaseDir: tempFolder() });
    const { runner } = testRunner({
      plugins: [only],
      restart: { initialDelayMs: 1, maxRestarts: 1 },
      stopGraceMs: 1000,
      healthCheck: { timeoutMs: 500 },
    });
    const ends: Record<string, [fixture: string, end: (server: RunningServer) => Promise<unknown>]> = {
      stop: ['well', (server) => runner.stop(server)],
      'stop of one that ignores SIGTERM': ['ignores-sigterm', (server) => runner.stop(server)],
      'exit 0': ['obedient', ({ port }) => fetch(`http://127.0.0.1:${port}/exit?code=0`)],
      'crash until it is given up': ['obedient', ({ port }) => fetch(`http://127.0.0.1:${port}/exit?code=7`)],
      'exit before it is ready': ['exits-at-once', () => Promise.resolve()],
      'death by a signal before it is ready': ['dies-by-signal', () => Promise.resolve()],
      'no answer in time': ['never-listens', () => Promise.resolve()],
      'another port': ['other-port', () => Promise.resolve()],
      'a bad answer': ['answers-500', () => Promise.resolve()],
    };
    for (const [what, [fixture, end]] of Object.entries(ends)) {
      const settled = new Promise<RunnerEvents['settled'][0]>((resolve) => {
        const leave = runner.on('settled', (event) => (leave(), resolve(event)));
      });
      const built = await buildFolder(runner, await serverProject(fixture));
      const options = {
        envVars: { LATER: 'exit' },
        // Generous for those that become ready.
        healthCheckTimeoutMs: fixture === 'well' || fixture === 'obedient' ? 60_000 : 1500,
      };
      const outcome = await runner.deploy(built.project, built.deployment, built.build, options).then(
        (server) => end(server).catch(() => undefined),
        (error: unknown) => error,
      );
      expect(outcome, what).not.toMatchObject({ code: 'PORTS_EXHAUSTED' });
      await settled;
      expect(only.stats?.().allocated, what).toEqual([]);
    }
    const { server } = await deployFolder(runner, await serverProject('well'));
    expect(server.port).toBe(21_530);
  });
});
