import { once } from 'node:events';

import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { isGone } from '../support/is-gone.ts';
import { routedActivator } from '../support/test-activator.ts';

describe('a request through the router', () => {
  it('wakes a sleeping project once for all who come, and is answered by it', async () => {
    const { activator, project, ask, starts, router } = await routedActivator();
    activator.register('shop', project());
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('shop')));
    const [pid] = starts();
    expect(answers).toEqual(answers.map(() => ({ status: 200, body: `hello from ${pid}` })));
    expect(starts()).toHaveLength(1);
    expect(await router.getRoute('shop')).toMatchObject({ projectId: 'shop', subdomain: 'shop' });
    await activator.stop('shop');
    expect(isGone(pid)).toBe(true);
    expect(await router.getRoute('shop')).toBeNull();
    expect((await ask('shop')).body).toBe(`hello from ${starts()[1]}`);
    expect(activator.status('shop')?.lastUsedAt?.getTime()).toBeGreaterThan(Date.now() - 10_000);
  });

  it('wakes by the subdomain of a project, of its id, or of what the host finds', async () => {
    const asked: unknown[] = [];
    const { activator, project, ask } = await routedActivator({
      findProject(wanted) {
        asked.push(wanted);
        return wanted.subdomain === 'theirs'
          ? { projectId: 'id-1', config: project('no-drain', { subdomain: 'theirs' }) }
          : null;
      },
    });
    activator.register('My_Shop.1', project());
    activator.register('other', project('no-drain', { subdomain: 'named' }));
    expect((await ask('my-shop-1')).status).toBe(200);
    expect((await ask('named')).status).toBe(200);
    expect((await ask('theirs')).status).toBe(200);
    expect((await ask('other')).status).toBe(404);
    expect(asked).toEqual([{ subdomain: 'theirs' }, { subdomain: 'other' }]);
    expect(() => activator.register('third', project('no-drain', { subdomain: 'named' }))).toThrow(
      /one that project other does not have already/,
    );
  });

  it('is a 503 where the project cannot be started, which is not tried at each of them', async () => {
    const { activator, project, ask, errors, warnings } = await routedActivator({
      runner: { restart: { initialDelayMs: 60_000 } },
    });
    let starts = 0;
    const counted = { ...project('exits-at-once') };
    Object.defineProperty(counted, 'env', { get: () => ((starts += 1), {}) });
    activator.register('shop', counted);
    for (let request = 0; request < 5; request += 1) expect((await ask('shop')).status).toBe(503);
    expect(starts).toBe(1);
    expect(errors[0]).toMatch(/Nothing could be started for shop/);
    expect(warnings).toEqual([]);
    await expect(activator.resolveLocalUrl('/agent', 'shop')).rejects.toMatchObject({
      code: 'SERVER_EXITED',
    });
    expect(starts).toBe(1);
    // Somebody who says so is not kept from trying.
    await activator.ensureRunning('shop', project());
    expect((await ask('shop')).status).toBe(200);
  });

  it('of another deployment of the same router is not ours to wake', async () => {
    const { router, ask, activator } = await routedActivator({}, { hold: { wakeTimeoutMs: 200 } });
    await router.registerRoute({
      deploymentId: 'theirs',
      projectId: 'p',
      subdomain: 'theirs',
      targetHost: '127.0.0.1',
      targetPort: 9,
    });
    expect((await ask('theirs')).status).toBe(503);
    expect(activator.activeProjects()).toEqual([]);
  });

  it('may be a WebSocket, which keeps the project awake', async () => {
    const { activator, project, port } = await routedActivator({ idleTimeoutMs: 100 });
    activator.register('chat', project('echoes'));
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { host: 'chat.localhost' } });
    await once(socket, 'open');
    for (let round = 0; round < 5; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      socket.send(`round ${round}`);
      const [answer] = (await once(socket, 'message')) as [Buffer];
      expect(answer.toString()).toBe(`round ${round}`);
    }
    expect(activator.status('chat')).toMatchObject({ status: 'running', restarts: 0 });
    socket.close();
  });
});
