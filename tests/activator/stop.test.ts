import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { isGone } from '../support/is-gone.ts';
import { routedActivator, testActivator } from '../support/test-activator.ts';

/** Of the error it rejects with. */
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'none',
    (error: { code?: string }) => error.code,
  );

describe('a stop', () => {
  it('during a start cancels it, for all who wait for it', async () => {
    const { activator, project, starts } = await testActivator();
    const waiting = [1, 2].map(() => activator.ensureRunning('shop', project('never-listens')));
    const results = Promise.allSettled(waiting);
    await eventually(
      () => activator.status('shop')?.pid,
      (pid) => typeof pid === 'number',
    );
    const { pid } = activator.status('shop') ?? {};
    await activator.stop('shop');
    expect(await results).toMatchObject([
      { reason: { code: 'DEPLOY_CANCELLED' } },
      { reason: { code: 'DEPLOY_CANCELLED' } },
    ]);
    expect(isGone(pid)).toBe(true);
    expect(activator.status('shop')).toMatchObject({ status: 'stopped', lastError: null, agentPort: null });
    expect(starts()).toEqual([]);
  });

  it('is waited for by a start that comes after it, and wins over one that came before', async () => {
    const { activator, project, starts } = await testActivator();
    await activator.ensureRunning('shop', project('well', { env: {} }));
    const stopped = activator.stop('shop');
    const between = activator.ensureRunning('shop', project());
    const again = activator.stop('shop');
    await expect(between).rejects.toMatchObject({ code: 'DEPLOY_CANCELLED' });
    const after = activator.ensureRunning('shop');
    await Promise.all([stopped, again]);
    expect(await after).toMatchObject({ status: 'running', pid: starts()[0] });
  });

  it('of a project in its pause ends the pause, for who waits, too', async () => {
    const { activator, project } = await testActivator({
      runner: { restart: { initialDelayMs: 60_000, stableMs: 1 } },
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
    const waiting = codeOf(activator.ensureRunning('shop'));
    await activator.stop('shop');
    expect(await waiting).toBe('DEPLOY_CANCELLED');
    expect(activator.status('shop')).toMatchObject({ status: 'stopped' });
  });

  it('of all stops all, and each can be woken again', async () => {
    const { activator, project, ask, starts } = await routedActivator();
    for (const id of ['one', 'two', 'three']) activator.register(id, project());
    await Promise.all([ask('one'), ask('two'), ask('three')]);
    await activator.stopAll();
    expect(starts().map((pid) => isGone(pid))).toEqual([true, true, true]);
    expect(activator.activeProjects()).toEqual([]);
    expect((await ask('two')).status).toBe(200);
  });

  it('for good leaves nothing, cancels starts, and lets nothing start after it', async () => {
    const { activator, project, ask, starts } = await routedActivator();
    activator.register('one', project());
    await ask('one');
    const starting = codeOf(activator.ensureRunning('two', project('never-listens')));
    await eventually(
      () => activator.status('two')?.pid,
      (pid) => typeof pid === 'number',
    );
    const { pid } = activator.status('two') ?? {};
    await Promise.all([activator.shutdown(), activator.shutdown()]);
    expect(await starting).toBe('RUNNER_CLOSED');
    expect([isGone(starts()[0]), isGone(pid)]).toEqual([true, true]);
    await expect(activator.ensureRunning('one')).rejects.toMatchObject({ code: 'RUNNER_CLOSED' });
    expect((await ask('one')).status).toBe(503);
    expect(activator.activeProjects()).toEqual([]);
    await activator.stopAll();
  });

  it('belongs to forgetting a project, which is then nobody', async () => {
    const { activator, project, ask, starts } = await routedActivator();
    activator.register('shop', project());
    await ask('shop');
    const forgotten = activator.forget('shop');
    await expect(activator.ensureRunning('shop')).rejects.toMatchObject({ code: 'PROJECT_NOT_FOUND' });
    await Promise.all([forgotten, activator.forget('shop')]);
    expect(isGone(starts()[0])).toBe(true);
    expect(activator.status('shop')).toBeNull();
    expect((await ask('shop')).status).toBe(404);
  });
});
