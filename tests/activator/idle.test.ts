import { setTimeout as delay } from 'node:timers/promises';

import type { ActivatorRouter } from '@project-runner/activator';
import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { idleStats } from '../support/idle-stats.ts';
import { isGone } from '../support/is-gone.ts';
import { askRouter, routedActivator, testActivator } from '../support/test-activator.ts';
import type { TestActivator } from '../support/test-activator.ts';
import { testRouter } from '../support/test-router.ts';

const untilStopped = ({ activator }: TestActivator, id = 'shop'): Promise<unknown> =>
  eventually(
    () => activator.status(id)?.status,
    (status) => status === 'stopped',
  );

describe('a project that nobody wants', () => {
  it('is stopped, and the next request wakes it', async () => {
    const made = await routedActivator({ idleTimeoutMs: 100 });
    const { activator, project, ask, starts, router } = made;
    activator.register('shop', project());
    await ask('shop');
    await untilStopped(made);
    expect(isGone(starts()[0])).toBe(true);
    expect(await router.getRoute('shop')).toBeNull();
    expect(activator.status('shop')).toMatchObject({ agentPort: null, lastError: null });
    expect(await ask('shop')).toEqual({ status: 200, body: `hello from ${starts()[1]}` });
  });

  it('stays as long as a request is in flight, however long that takes', async () => {
    const made = await routedActivator({ idleTimeoutMs: 50 });
    const { activator, project, ask, starts, port } = made;
    activator.register('shop', project());
    const held = fetch(`http://127.0.0.1:${port}/hold`, { headers: { host: 'shop.localhost' } });
    const answer = ask('shop', '/hold');
    await eventually(starts, ({ length }) => length > 0);
    await delay(500);
    expect(activator.status('shop')?.status).toBe('running');
    await ask('shop', '/let-go');
    expect(await answer).toEqual({ status: 200, body: 'held and let go' });
    await (await held.catch(() => null))?.body?.cancel();
    await untilStopped(made);
    expect(starts()).toHaveLength(1);
  });

  it('stays as long as it is touched or held', async () => {
    const made = await testActivator({ idleTimeoutMs: 200 });
    const { activator, project } = made;
    await activator.ensureRunning('shop', project());
    for (let round = 0; round < 10; round += 1) {
      expect(activator.touch('shop')).toBe(true);
      await delay(50);
    }
    const release = activator.hold('shop');
    const other = activator.hold('shop');
    release();
    release();
    await delay(500);
    expect(activator.status('shop')?.status).toBe('running');
    other();
    await untilStopped(made);
    expect(activator.touch('nobody')).toBe(false);
  });

  it.each(['held', 'touched', 'asked for'] as const)(
    'stays with its route when it is %s while that is taken away',
    async (how) => {
      const { router, port } = await testRouter();
      const taken = Promise.withResolvers<void>();
      const wanted = Promise.withResolvers<void>();
      const want = (): void => {
        if (how === 'held') release = activator.hold('shop');
        else if (how === 'touched') activator.touch('shop');
        else void activator.ensureRunning('shop');
      };
      let release = (): void => undefined;
      let removals = 0;
      const slow: ActivatorRouter = {
        ...router,
        async removeIdleRoute(routeId) {
          const isGone = await router.removeIdleRoute(routeId);
          removals += 1;
          if (removals > 1) return isGone;
          want();
          taken.resolve();
          await wanted.promise;
          return isGone;
        },
      };
      const { activator, project, starts } = await testActivator({ router: slow, idleTimeoutMs: 100 });
      activator.register('shop', project());
      const letGo = activator.hold('shop');
      const before = await activator.ensureRunning('shop');
      await askRouter(port, 'shop');
      await idleStats(router);
      letGo();
      await taken.promise;
      expect(await router.getRoute('shop')).toBeNull();
      wanted.resolve();
      await eventually(
        () => router.getRoute('shop'),
        (route) => route !== null,
      );
      expect(activator.status('shop')).toMatchObject({ status: 'running', pid: before.pid });
      const answer = await askRouter(port, 'shop');
      expect(answer).toEqual({ status: 200, body: `hello from ${starts()[0]}` });
      expect(router.getStats().deployments).toMatchObject([{ deploymentId: 'shop', requests: 2 }]);
      release();
      await eventually(
        () => activator.status('shop')?.status,
        (status) => status === 'stopped',
      );
      expect(await router.getRoute('shop')).toBeNull();
      expect(starts()).toHaveLength(1);
    },
  );

  it('has its own time, or all the time', async () => {
    const made = await testActivator({ idleTimeoutMs: 50 });
    const { activator, project } = made;
    await activator.ensureRunning('always', project('no-drain', { idleTimeoutMs: false }));
    await activator.ensureRunning('longer', project('no-drain', { idleTimeoutMs: 60_000 }));
    await activator.ensureRunning('shop', project());
    await untilStopped(made);
    await delay(200);
    expect(activator.activeProjects().map(({ projectId }) => projectId)).toEqual(['always', 'longer']);
  });

  it('is never in the way of a request: none fails while it falls asleep and wakes again and again', async () => {
    const made = await routedActivator({ idleTimeoutMs: 20 });
    const { activator, project, ask, starts, router } = made;
    activator.register('shop', project());
    const answers: { status: number; body: string }[] = [];
    // About as far apart as it takes to be idle, so that they come before, in, and after each stop.
    for (let round = 0; round < 30 || starts().length < 5; round += 1) {
      const together = round % 3 === 0 ? 3 : 1;
      answers.push(...(await Promise.all(Array.from({ length: together }, () => ask('shop')))));
      await delay(10 + (round % 15) * 2);
    }
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(starts().length).toBeGreaterThanOrEqual(5);
    await untilStopped(made);
    expect(starts().every((pid) => isGone(pid))).toBe(true);
    expect((await idleStats(router)).deployments).toEqual([]);
  }, 120_000);

  it('is not stopped twice, nor started while it is stopped', async () => {
    const { activator, project, ask, starts } = await routedActivator({ idleTimeoutMs: 100 });
    activator.register('shop', project('well', { env: {} }));
    await ask('shop');
    const first = activator.status('shop')?.pid;
    await eventually(
      () => activator.status('shop')?.status,
      (status) => status === 'stopping',
    );
    const [again] = await Promise.all([activator.ensureRunning('shop'), ask('shop')]);
    expect(isGone(first)).toBe(true);
    expect(again.pid).not.toBe(first);
    expect(starts()).toEqual([]);
  });
});
