import { LocalProcessRunner } from '@project-runner/runner';
import type { RunningServer } from '@project-runner/core';
import { describe, expect, it, onTestFinished } from 'vitest';

import { localSource } from '../support/records.ts';
import { recordEvents } from '../support/server-events.ts';
import { serverProject } from '../support/server-project.ts';
import { deployFolder, processesMarked, testRunner } from '../support/test-runner.ts';

async function ask({ host, port }: RunningServer, path: string): Promise<string> {
  return (await fetch(`http://${host}:${port}${path}`)).text();
}

/** Asks for so much that the kernel may end it over the answer. */
async function grow(server: RunningServer, mb: number): Promise<void> {
  await ask(server, `/grow?mb=${mb}`).catch(() => undefined);
}

describe('a server that needs more memory than it may', () => {
  it('is stopped in order and started anew, and the reason is told', async () => {
    const { runner } = testRunner({ stopGraceMs: 20_000 });
    const { server } = await deployFolder(runner, await serverProject('grows'), {
      limits: { memoryMb: 400 },
    });
    const events = recordEvents(runner);
    // Over the limit of the runner, below the kernel's.
    await grow(server, 410 - ((await runner.getResourceUsage(server)).memoryUsageMb ?? 0));
    await events.next('ready');
    // First: whether it got the signal tells more than how it ended.
    expect(await runner.getLogs(server)).toContain('draining');
    expect(runner.getServerStatus(server)).toMatchObject({
      state: 'ready',
      restarts: 1,
      lastExit: { code: 0, signal: null },
      lastError: expect.stringMatching(
        /^it used 4\d\d MB of memory, more than its limit of 400 MB$/,
      ) as string,
    });
    expect(events.all('restarting')).toMatchObject([{ reason: expect.stringContaining('400 MB') as string }]);
    expect(await ask(server, '/')).toMatch(/hello from \d+/);
  });

  it('is killed for good where that is asked for', async () => {
    const { runner } = testRunner({ limits: { onMemory: 'kill' }, stopGraceMs: 20_000 });
    const { server } = await deployFolder(runner, await serverProject('grows'), {
      limits: { memoryMb: 200 },
    });
    const events = recordEvents(runner);
    await grow(server, 300);
    expect(await events.next('crashed')).toMatchObject({
      reason: expect.stringMatching(/memory.*limit of 200 MB/) as string,
    });
    await events.next('settled');
    expect(runner.getServerStatus(server)).toMatchObject({ state: 'crashed', restarts: 0 });
    expect(processesMarked(server.id)).toEqual([]);
    expect(runner.getStats().allocatedPorts).toEqual([]);
  });

  it('is watched by the runner that takes it over, too', async () => {
    const { runner, config } = testRunner();
    const { server } = await deployFolder(runner, await serverProject('grows'), {
      limits: { memoryMb: 400 },
    });
    await runner.shutdown({ servers: 'leave' });
    const next = new LocalProcessRunner(config);
    next.setSource(localSource);
    onTestFinished(() => next.shutdown());
    const [adopted] = await next.recover();
    expect(adopted).toMatchObject({ id: server.id, processId: server.processId });
    const before = runner.getServerStatus(server)?.limits.memoryMb?.value;
    expect(next.getServerStatus(server)?.limits.memoryMb?.value).toBe(before);
    const events = recordEvents(next);
    await grow(server, 410 - ((await next.getResourceUsage(server)).memoryUsageMb ?? 0));
    await events.next('ready');
    expect(next.getServerStatus(server)).toMatchObject({
      restarts: 1,
      lastError: expect.stringContaining('limit of 400 MB') as string,
    });
  });
});

describe('limits', () => {
  it('are told with what sees to them, those of the deploy over those of the configuration', async () => {
    const { runner } = testRunner({ limits: { memoryMb: 1000, cpus: 2, pids: 500 } });
    const { server } = await deployFolder(runner, await serverProject('grows'), {
      limits: { cpus: 1, heapMb: 128 },
      envVars: { NODE_OPTIONS: '--no-warnings' },
    });
    const limits = runner.getServerStatus(server)?.limits;
    expect(limits).toMatchObject({
      memoryMb: { value: 1000 },
      heapMb: { value: 128, by: ['node'] },
      cpus: { value: 1 },
      pids: { value: 500 },
    });
    expect(limits?.memoryMb?.by?.[0]).toBe('watch');
    for (const { by } of Object.values(limits ?? {})) {
      expect(by).not.toBeNull();
      for (const name of by ?? []) expect(name).toMatch(/^(watch|node|cgroup-v[12])$/);
    }
    const env = JSON.parse(await ask(server, '/env')) as Record<string, string>;
    expect(env.NODE_OPTIONS).toBe('--no-warnings --max-old-space-size=128');
    await runner.stop(server);
    expect(runner.getServerStatus(server)?.limits.memoryMb).toEqual({ value: 1000, by: null });
  });

  it('are none by default, and none are told', async () => {
    const { runner } = testRunner();
    const { server } = await deployFolder(runner, await serverProject('grows'));
    expect(runner.getServerStatus(server)?.limits).toEqual({});
    const env = JSON.parse(await ask(server, '/env')) as Record<string, string>;
    expect(env.NODE_OPTIONS).toBeUndefined();
  });

  it.each([
    [{ memoryMb: 0 }, /limits\.memoryMb: expected a whole number from 1/],
    [{ pids: 4 }, /limits\.pids: expected a whole number from 16/],
    [{ memory: 5 }, /unknown key for limits\.memory/],
  ])('%j are refused by deploy', async (limits, message) => {
    const { runner } = testRunner();
    const deployed = deployFolder(runner, await serverProject('grows'), { limits: limits as object });
    await expect(deployed).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message) as string,
    });
  });

  it('that end a start are named in its error', async () => {
    const { runner } = testRunner();
    const { server } = await deployFolder(runner, await serverProject('grows'), {
      limits: { memoryMb: 1000 },
    });
    const enforced = runner
      .getServerStatus(server)
      ?.limits.memoryMb?.by?.some((by) => by.startsWith('cgroup'));
    const deployed = deployFolder(runner, await serverProject('grows'), {
      limits: { memoryMb: 8, onMemory: 'kill' },
    });
    const outcome = await deployed.then(
      () => 'started',
      (error: unknown) => String(error),
    );
    // Where nobody enforces it, it starts: the runner looks when a server is ready.
    expect(outcome).toMatch(enforced ? /limit of 8 MB/ : /^started$/);
  });
});
