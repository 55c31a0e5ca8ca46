import type { HealthProbePlugin, RunningServer } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { recordEvents } from '../support/server-events.ts';
import { serverProject } from '../support/server-project.ts';
import { buildFolder, deployFolder, processesMarked, testRunner } from '../support/test-runner.ts';

const obedient = (): Promise<string> => serverProject('obedient');

/** What it answers, `null` for nothing. */
function ask({ port }: RunningServer, path = '/'): Promise<string | null> {
  return fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(10_000) }).then(
    (response) => response.text(),
    () => null,
  );
}

describe('a server that crashes', () => {
  it('is started again at once, on the same port, under the same id, with the same log', async () => {
    const { runner } = testRunner();
    const events = recordEvents(runner);
    const { server } = await deployFolder(runner, await obedient());
    expect(await ask(server)).toBe(`run 1 as ${server.processId}`);
    await ask(server, '/exit?code=7');
    const { server: second, run } = await events.next('ready', 2);
    expect(run).toBe(2);
    expect(second).toMatchObject({ id: server.id, port: server.port, host: server.host });
    expect(second.processId).not.toBe(server.processId);
    expect(await ask(server)).toBe(`run 2 as ${second.processId}`);
    expect(events.all('restarting')).toMatchObject([
      { delayMs: 0, restarts: 1, reason: expect.stringContaining('exit code 7') as string },
    ]);
    expect(events.names()).toEqual(['spawned', 'ready', 'exited', 'restarting', 'spawned', 'ready']);
    expect(runner.getServerStatus(server)).toMatchObject({
      state: 'ready',
      restarts: 1,
      lastExit: { code: 7, signal: null },
      lastError: expect.stringContaining('exit code 7') as string,
      nextStartAt: null,
    });
    expect(runner.getStats()).toMatchObject({ runningProcesses: 1, allocatedPorts: [server.port] });
    await runner.stop(server);
    expect(processesMarked(server.id)).toEqual([]);
    expect(events.all('exited').at(-1)).toMatchObject({ wanted: true });
    expect(await runner.getLogs(server)).toBe('run 1\nrun 2');
    expect(events.names().at(-1)).toBe('settled');
  });

  it('by somebody’s SIGKILL comes back, too', async () => {
    const { runner } = testRunner();
    const events = recordEvents(runner);
    const { server } = await deployFolder(runner, await obedient());
    process.kill(server.processId ?? 0, 'SIGKILL');
    await events.next('ready', 2);
    expect(await ask(server)).toContain('run 2');
    expect(runner.getServerStatus(server)?.lastExit).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('again and again waits longer each time and is given up, with its reason and last words', async () => {
    const { runner } = testRunner({ restart: { initialDelayMs: 20, jitter: 0, maxRestarts: 3 } });
    const events = recordEvents(runner);
    const { server } = await deployFolder(runner, await obedient(), { envVars: { LATER: 'exit' } });
    await ask(server, '/exit?code=7');
    const crashed = await events.next('crashed');
    expect(events.all('restarting').map(({ delayMs }) => delayMs)).toEqual([0, 20, 40]);
    expect(events.all('restarting').map(({ restarts }) => restarts)).toEqual([1, 2, 3]);
    expect(crashed.reason).toMatch(/exit code 3[^]*started again 3 times within 300 s/);
    await events.next('settled');
    const status = runner.getServerStatus(server);
    expect(status).toMatchObject({ state: 'crashed', restarts: 3, lastError: crashed.reason });
    expect(status?.lastExit).toEqual({ code: 3, signal: null });
    expect(status?.lastLines).toEqual(crashed.lastLines);
    expect(status?.lastLines).toEqual(Array.from({ length: 50 }, (_, index) => `sorry ${index + 11}`));
    expect(runner.getStats()).toMatchObject({ runningProcesses: 0, allocatedPorts: [] });
    expect(await runner.getLogs(server)).toContain('run 4');
    // Every process that was started also ended.
    expect(events.all('exited').map(({ exit }) => exit.code)).toEqual([7, 3, 3, 3]);
  });

  it.each([
    ['never', '/exit?code=7', 'crashed'],
    ['never', '/exit?code=0', 'exited'],
    ['on-failure', '/exit?code=0', 'exited'],
    ['on-failure', 'SIGTERM', 'exited'],
    ['on-failure', 'SIGKILL', 'ready'],
    ['always', '/exit?code=0', 'ready'],
    ['always', 'SIGTERM', 'ready'],
  ] as const)('with policy %s after %s is %s', async (restart, end, state) => {
    const { runner } = testRunner({ restart });
    const events = recordEvents(runner);
    const { server } = await deployFolder(runner, await obedient());
    if (end === 'SIGTERM' || end === 'SIGKILL') process.kill(server.processId ?? 0, end);
    else await ask(server, end);
    if (state === 'ready') await events.next('ready', 2);
    else await events.next('settled');
    expect(runner.getServerStatus(server)?.state).toBe(state);
    expect(runner.getStats().allocatedPorts).toEqual(state === 'ready' ? [server.port] : []);
    expect(events.all('crashed')).toHaveLength(state === 'crashed' ? 1 : 0);
  });
});

describe('a stop', () => {
  it('that arrives during the back-off ends it at once', async () => {
    const { runner } = testRunner({ restart: { initialDelayMs: 600_000, maxDelayMs: 600_000 } });
    const events = recordEvents(runner);
    const { server } = await deployFolder(runner, await obedient(), { envVars: { LATER: 'exit' } });
    await ask(server, '/exit?code=7');
    const { delayMs } = await events.next('restarting', 2);
    expect(delayMs).toBeGreaterThanOrEqual(600_000);
    const status = runner.getServerStatus(server);
    expect(status?.state).toBe('backoff');
    expect(status?.nextStartAt?.getTime()).toBeGreaterThan(Date.now() + 500_000);
    expect(runner.getStats().runningProcesses).toBe(0);
    await runner.stop(server);
    expect(runner.getServerStatus(server)).toMatchObject({ state: 'exited', nextStartAt: null });
    expect(runner.getStats().allocatedPorts).toEqual([]);
    expect(events.all('spawned')).toHaveLength(2);
  });

  it('that arrives while it is started again leaves nothing', async () => {
    const { runner } = testRunner();
    const events = recordEvents(runner);
    const { server } = await deployFolder(runner, await obedient(), { envVars: { LATER: 'wait' } });
    await ask(server, '/exit?code=7');
    await events.next('spawned', 2);
    await Promise.all([runner.stop(server), runner.stop(server)]);
    expect(processesMarked(server.id)).toEqual([]);
    expect(runner.getServerStatus(server)?.state).toBe('exited');
    expect(runner.getStats()).toMatchObject({ runningProcesses: 0, allocatedPorts: [] });
    expect(events.all('settled')).toHaveLength(1);
  });

  it('that arrives right at the crash wins over the restart', async () => {
    const { runner } = testRunner();
    const events = recordEvents(runner);
    const { server } = await deployFolder(runner, await obedient());
    process.kill(server.processId ?? 0, 'SIGKILL');
    await runner.stop(server);
    expect(processesMarked(server.id)).toEqual([]);
    expect(runner.getServerStatus(server)?.state).toBe('exited');
    expect(events.names().at(-1)).toBe('settled');
  });

  it('that arrives during the deploy cancels it', async () => {
    const { runner } = testRunner();
    const events = recordEvents(runner);
    const built = await buildFolder(runner, await serverProject('never-listens'));
    const deploying = runner.deploy(built.project, built.deployment, built.build);
    const failure = deploying.catch((error: unknown) => error);
    const { server } = await events.next('spawned');
    await runner.stop(server);
    expect(await failure).toMatchObject({ code: 'DEPLOY_CANCELLED' });
    expect(processesMarked(server.id)).toEqual([]);
    expect(runner.getStats()).toMatchObject({ runningProcesses: 0, allocatedPorts: [] });
  });

  it('of everything by shutdown ends a back-off, too', async () => {
    const { runner } = testRunner({ restart: { initialDelayMs: 600_000, maxDelayMs: 600_000 } });
    const events = recordEvents(runner);
    const { server } = await deployFolder(runner, await obedient(), { envVars: { LATER: 'exit' } });
    await ask(server, '/exit?code=7');
    await events.next('restarting', 2);
    await runner.shutdown();
    expect(runner.getServerStatus(server)?.state).toBe('exited');
  });
});

describe('a liveness probe', () => {
  const liveness = { intervalMs: 50, failures: 2 };

  it('starts a server anew that hangs', async () => {
    const { runner } = testRunner({ liveness, healthCheck: { timeoutMs: 1000 } });
    const events = recordEvents(runner);
    const { server } = await deployFolder(runner, await obedient());
    await ask(server, '/hang');
    const { server: second } = await events.next('ready', 2);
    expect(events.all('restarting')).toMatchObject([
      { delayMs: 0, reason: expect.stringMatching(/liveness probe failed 2 times/) as string },
    ]);
    expect(second).toMatchObject({ id: server.id, port: server.port });
    expect(await ask(server)).toBe(`run 2 as ${second.processId}`);
    expect(processesMarked(server.id)).toContain(second.processId);
    expect(processesMarked(server.id)).not.toContain(server.processId);
  });

  it('lets a server alone that answers, and a stop ends it', async () => {
    let looks = 0;
    const counting: HealthProbePlugin = {
      kind: 'health-probe',
      name: 'counting',
      apiVersion: 1,
      check: () => Promise.resolve({ healthy: (looks += 1) > 0 }),
    };
    const { runner } = testRunner({ liveness: { intervalMs: 1, failures: 1 }, plugins: [counting] });
    const events = recordEvents(runner);
    const { server } = await deployFolder(runner, await obedient());
    await eventually(
      () => looks,
      (count) => count > 20,
      60_000,
    );
    await runner.stop(server);
    expect(events.names()).toEqual(['spawned', 'ready', 'exited', 'settled']);
  });
});
