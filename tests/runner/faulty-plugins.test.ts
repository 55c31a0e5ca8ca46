import { get } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { HealthProbePlugin, PortStrategyPlugin, ProbeResult } from '@project-runner/core';
import { portsRange } from '@project-runner/ports-range';
import type { LocalProcessRunner } from '@project-runner/runner';
import { describe, expect, it } from 'vitest';

import { memoryRouter } from '../support/memory-router.ts';
import { recordEvents } from '../support/server-events.ts';
import { serverProject } from '../support/server-project.ts';
import { buildFolder, deployFolder, processesMarked, testRunner } from '../support/test-runner.ts';
import type { Built } from '../support/test-runner.ts';

const never = <T>(): Promise<T> => new Promise(() => undefined);

function probe(check: () => Promise<ProbeResult>): HealthProbePlugin {
  return { kind: 'health-probe', name: 'faulty', apiVersion: 1, check };
}

const deploy = (runner: LocalProcessRunner, { project, deployment, build }: Built, timeoutMs = 30_000) =>
  runner.deploy(project, deployment, build, { healthCheckTimeoutMs: timeoutMs });

/** Why a deploy failed. Nothing runs afterwards, no port is taken, and the server that was tried is gone. */
async function cleanFailure(runner: LocalProcessRunner, built: Built, timeoutMs?: number): Promise<unknown> {
  const events = recordEvents(runner);
  const failure = await deploy(runner, built, timeoutMs).catch((error: unknown) => error);
  for (const { server } of events.all('spawned')) expect(processesMarked(server.id)).toEqual([]);
  expect(runner.getStats()).toMatchObject({ runningProcesses: 0, allocatedPorts: [] });
  return failure;
}

describe('a health probe', () => {
  it.each([
    ['rejects', () => Promise.reject(new TypeError('no such thing'))],
    [
      'throws',
      () => {
        throw new TypeError('no such thing');
      },
    ],
    ['answers nonsense', () => Promise.resolve(undefined as never)],
  ] as const)('that %s fails the deploy by its name and leaves nothing', async (_, check) => {
    const { runner } = testRunner({ plugins: [probe(check)] });
    const built = await buildFolder(runner, await serverProject('well'));
    expect(await cleanFailure(runner, built)).toMatchObject({
      code: 'PLUGIN_FAILED',
      message: expect.stringContaining('health-probe:faulty') as string,
    });
  });

  it('that never answers does not hold up the deadline', async () => {
    const { runner } = testRunner({ plugins: [probe(never)] });
    const built = await buildFolder(runner, await serverProject('well'));
    expect(await cleanFailure(runner, built, 1000)).toMatchObject({
      code: 'SERVER_NOT_READY',
      message: expect.stringMatching(
        /last seen: \[health-probe:faulty\] did not answer within \d+ ms\b/,
      ) as string,
    });
  });

  it('that never answers in its time is asked again, and told', async () => {
    let asked = 0;
    const check = (): Promise<ProbeResult> => {
      asked += 1;
      return never();
    };
    const { runner } = testRunner({ plugins: [probe(check)], healthCheck: { timeoutMs: 200 } });
    const built = await buildFolder(runner, await serverProject('well'));
    expect(await cleanFailure(runner, built, 3000)).toMatchObject({
      code: 'SERVER_NOT_READY',
      message: expect.stringContaining(
        'last seen: [health-probe:faulty] did not answer within 200 ms',
      ) as string,
    });
    expect(asked).toBeGreaterThan(1);
  });

  it('that never answers later is a bad answer, to healthCheck and to the liveness watch', async () => {
    let answers = true;
    const check = (): Promise<ProbeResult> => (answers ? Promise.resolve({ healthy: true }) : never());
    const { runner } = testRunner({
      plugins: [probe(check)],
      healthCheck: { timeoutMs: 500 },
      liveness: { intervalMs: 10, failures: 1 },
    });
    const events = recordEvents(runner);
    const { server } = await deployFolder(runner, await serverProject('well'));
    answers = false;
    const first = await runner.healthCheck(server);
    expect(first).toMatchObject({ healthy: false });
    answers = true;
    expect(await events.next('restarting')).toMatchObject({
      reason: expect.stringContaining('[health-probe:faulty] did not answer within 500 ms') as string,
    });
    await events.next('ready', 2);
  });
});

describe('a router', () => {
  it('that hangs fails the deploy after its deadline, and nothing is left', async () => {
    const { runner } = testRunner();
    const router = memoryRouter();
    router.hangs = true;
    runner.setRouter(router);
    const built = await buildFolder(runner, await serverProject('well'));
    expect(await cleanFailure(runner, built)).toMatchObject({
      code: 'ROUTE_FAILED',
      message: expect.stringContaining('did not answer within') as string,
    });
  });

  it('that hangs later keeps no server from being stopped', async () => {
    const { runner, warnings } = testRunner();
    const router = memoryRouter();
    runner.setRouter(router);
    const { server } = await deployFolder(runner, await serverProject('well'));
    expect(router.routes.size).toBe(1);
    router.hangs = true;
    await runner.stop(server);
    expect(processesMarked(server.id)).toEqual([]);
    expect(warnings.join('\n')).toContain('could not be removed');
  });

  it.each(['never', 'on-failure'] as const)(
    'during whose change the new server dies (restart: %s) leads back to the old one, which serves on',
    async (policy) => {
      const { runner } = testRunner({ restart: { policy, initialDelayMs: 600_000, maxDelayMs: 600_000 } });
      let victim = 0;
      const events = recordEvents(runner);
      const router = memoryRouter(async ({ targetPort }) => {
        if (events.all('ready').length !== 2 || victim !== 0) return;
        victim = targetPort;
        get(`http://127.0.0.1:${targetPort}/exit?code=7`).on('error', () => undefined);
        // Over for good: either given up, or it failed once more and waits.
        await (policy === 'never' ? events.next('crashed') : events.next('restarting', 2));
      });
      runner.setRouter(router);
      const built = await buildFolder(runner, await serverProject('obedient'));
      const { project, deployment, build } = built;
      const envVars = { LATER: 'exit', LATER_FROM: '3' };
      const old = await runner.deploy(project, deployment, build, { envVars });
      await expect(runner.deploy(project, deployment, build, { envVars })).rejects.toMatchObject({
        code: 'SERVER_EXITED',
      });
      expect(router.routes.get(deployment.id)).toMatchObject({ targetPort: old.port });
      expect(await runner.healthCheck(old)).toEqual({ healthy: true });
      expect(runner.getStats()).toMatchObject({ runningProcesses: 1, allocatedPorts: [old.port] });
    },
  );
});

describe('a port strategy whose release throws', () => {
  function clinging(): PortStrategyPlugin {
    const real = portsRange({ start: 21_000, end: 21_199 });
    return {
      ...real,
      async acquire(request, signal) {
        const lease = await real.acquire(request, signal);
        return {
          ...lease,
          async release() {
            await lease.release();
            throw new Error('the lease clings');
          },
        };
      },
    };
  }

  it('does not hide why a deploy failed', async () => {
    const { runner } = testRunner({ plugins: [clinging()] });
    const deploying = deploy(runner, await buildFolder(runner, await serverProject('exits-at-once')));
    await expect(deploying).rejects.toMatchObject({ code: 'SERVER_EXITED' });
  });

  it('does not keep a stop from ending, and is told of', async () => {
    const { runner, warnings } = testRunner({ plugins: [clinging()] });
    const { server } = await deployFolder(runner, await serverProject('well'));
    await runner.stop(server);
    expect(processesMarked(server.id)).toEqual([]);
    expect(runner.getServerStatus(server)?.state).toBe('exited');
    expect(warnings.join('\n')).toContain(`Port ${server.port} could not be given back`);
  });
});

describe('an address', () => {
  it('that is taken, but not the leased one, fails at once: another port would not help', async () => {
    const { runner, config } = testRunner();
    const built = await buildFolder(runner, await serverProject('other-port-taken'));
    const deploying = deploy(runner, built, 200_000);
    await expect(deploying).rejects.toMatchObject({
      code: 'SERVER_EXITED',
      message: expect.stringContaining('EADDRINUSE') as string,
    });
    const runs = join(config.stateDir ?? '', 'data', built.deployment.id, 'runs');
    expect(readFileSync(runs, 'utf8').trim().split('\n')).toHaveLength(1);
  });

  it('of all of IPv6 and nothing of IPv4 is found', async () => {
    const { runner } = testRunner();
    const { server } = await deployFolder(runner, await serverProject('v6-wildcard'));
    expect(server.host).toBe('::1');
    expect(await runner.healthCheck(server)).toEqual({ healthy: true });
  });
});
