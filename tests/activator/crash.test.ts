import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { routedActivator, testActivator } from '../support/test-activator.ts';

describe('a project whose server ends', () => {
  it('by a crash comes back as the runner has it, and requests wait for it', async () => {
    const { activator, project, ask, starts } = await routedActivator();
    activator.register('shop', project());
    await ask('shop');
    const before = activator.status('shop');
    process.kill(before?.pid ?? 0, 'SIGKILL');
    await eventually(
      () => activator.status('shop')?.pid,
      (pid) => pid !== before?.pid,
    );
    expect(await ask('shop')).toMatchObject({ status: 200, body: `hello from ${starts()[1]}` });
    expect(activator.status('shop')).toMatchObject({
      status: 'running',
      pid: starts()[1],
      agentPort: before?.agentPort,
      restarts: 1,
      lastError: expect.stringContaining('SIGKILL'),
    });
  });

  it('is waited for while it is in its pause, and is not started beside that', async () => {
    const { activator, project, starts } = await testActivator({
      runner: { restart: { initialDelayMs: 300, jitter: 0 } },
    });
    await activator.ensureRunning('shop', project());
    for (let crash = 0; crash < 2; crash += 1) {
      const pid = activator.status('shop')?.pid ?? 0;
      process.kill(pid, 'SIGKILL');
      await eventually(
        () => activator.status('shop'),
        (status) => status?.status === 'restarting' || status?.pid !== pid,
      );
      if (crash === 0) await activator.ensureRunning('shop');
    }
    expect(activator.status('shop')).toMatchObject({ status: 'restarting', pid: null });
    const [status] = await Promise.all([activator.ensureRunning('shop'), activator.ensureRunning('shop')]);
    expect(status).toMatchObject({ status: 'running', restarts: 2, pid: starts()[2] });
    expect(starts()).toHaveLength(3);
  });

  it('again and again is given up, which who waits is told, and is started anew when asked', async () => {
    const { activator, project } = await testActivator({
      runner: { restart: { initialDelayMs: 0, maxRestarts: 0 } },
    });
    await activator.ensureRunning('shop', project());
    process.kill(activator.status('shop')?.pid ?? 0, 'SIGKILL');
    await eventually(
      () => activator.status('shop')?.status,
      (status) => status === 'error',
    );
    expect(activator.status('shop')).toMatchObject({
      agentPort: null,
      pid: null,
      lastError: expect.stringContaining('SIGKILL'),
    });
    expect(await activator.ensureRunning('shop')).toMatchObject({ status: 'running', lastError: null });
  });

  it('by its own wish sleeps until the next request', async () => {
    const { activator, project, ask, starts, router } = await routedActivator();
    activator.register('shop', project());
    await ask('shop');
    expect((await ask('shop', '/exit')).status).toBe(502);
    // A process that is ending may accept one more, up to the end of its last thread.
    await eventually(
      () => activator.status('shop')?.status,
      (status) => status === 'stopped',
    );
    expect((await ask('shop')).body).toBe(`hello from ${starts()[1]}`);
    expect(starts()).toHaveLength(2);
    expect(activator.status('shop')).toMatchObject({ status: 'running', lastError: null, restarts: 0 });
    expect(await router.getRoute('shop')).not.toBeNull();
  });

  it('while somebody waits for it in a pause is told so when it is given up', async () => {
    const { activator, project } = await testActivator({
      runner: { restart: { initialDelayMs: 100, jitter: 0, maxRestarts: 2 } },
    });
    const failing = project('crash-loop', { env: { CRASH: 'early' } });
    await activator.ensureRunning('shop', {
      ...failing,
      env: { ...failing.env, PROJECT_RUNNER_DATA_DIR: failing.dir },
    });
    await fetch(`http://127.0.0.1:${activator.status('shop')?.agentPort}/crash`);
    await eventually(
      () => activator.status('shop')?.status,
      (status) => status === 'restarting',
    );
    await expect(activator.ensureRunning('shop')).rejects.toMatchObject({
      code: 'SERVER_EXITED',
      message: expect.stringMatching(/Project shop was given up: .*exit code 9/s),
    });
    expect(activator.status('shop')).toMatchObject({ status: 'error', restarts: 2 });
  });
});
