import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { deriveRuntimeToken } from '@project-runner/activator';
import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { isGone } from '../support/is-gone.ts';
import { testActivator } from '../support/test-activator.ts';

const get = async (port: number | null, path = '/'): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}${path}`)).text();

describe('a project that is wanted', () => {
  it('is started once for all who ask, and is told its ports, its name and its tokens', async () => {
    const { activator, dir, project, starts } = await testActivator();
    const config = project('no-drain', { env: { PROJECT_ID: 'mine', OWN: 'yes' } });
    const asked = Promise.all(Array.from({ length: 20 }, () => activator.ensureRunning('shop', config)));
    expect(activator.status('shop')).toMatchObject({ status: 'starting', lastError: null });
    const [status, ...others] = await asked;
    expect(starts()).toHaveLength(1);
    expect(others.every((other) => other.pid === status?.pid)).toBe(true);
    expect(status).toEqual({
      projectId: 'shop',
      status: 'running',
      agentPort: expect.any(Number),
      apiServerPort: (status?.agentPort ?? 0) + 1,
      pid: starts()[0],
      startedAt: expect.any(Date),
      lastUsedAt: expect.any(Date),
      restarts: 0,
      lastError: null,
    });
    const env = JSON.parse(await get(status?.agentPort ?? 0, '/env')) as Record<string, string>;
    expect(env).toMatchObject({
      PORT: String(status?.agentPort),
      API_SERVER_PORT: String(status?.apiServerPort),
      SKILL_SERVER_PORT: String(status?.apiServerPort),
      PROJECT_ID: 'shop',
      PROJECT_DIR: dir,
      OWN: 'yes',
      RUNTIME_AUTH_SECRET: activator.deriveRuntimeToken('shop'),
      WEBHOOK_TOKEN: activator.deriveRuntimeToken('webhook:shop'),
    });
    expect(env.RUNTIME_AUTH_SECRET).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set([env.RUNTIME_AUTH_SECRET, env.WEBHOOK_TOKEN, deriveRuntimeToken('other')]).size).toBe(3);
    // Nothing of the tokens is in any file.
    const grep = ['-rlE', `${env.RUNTIME_AUTH_SECRET}|${env.WEBHOOK_TOKEN}`, dir];
    expect(() => execFileSync('grep', grep)).toThrow(/status 1|Command failed/);

    expect(activator.activeProjects()).toMatchObject([{ projectId: 'shop', status: 'running' }]);
    await activator.stop('shop');
    expect(isGone(status?.pid)).toBe(true);
    expect(activator.status('shop')).toMatchObject({ status: 'stopped', agentPort: null, pid: null });
    expect(activator.activeProjects()).toEqual([]);
    await activator.stop('shop');
    await activator.stop('nobody');
    expect(activator.status('nobody')).toBeNull();
  });

  it('has its variables named as the host wants them, and keeps tokens out of its log', async () => {
    const { activator, project } = await testActivator({ portEnv: { AGENT: 'first', API: 'second' } });
    const { agentPort } = await activator.ensureRunning('shop', project('well'));
    const env = JSON.parse(await get(agentPort, '/env')) as Record<string, string>;
    expect(env).toMatchObject({ AGENT: String(agentPort), API: String((agentPort ?? 0) + 1) });
    expect(env).not.toHaveProperty('API_SERVER_PORT');
    await get(agentPort, '/say?name=RUNTIME_AUTH_SECRET').catch(() => undefined);
    const log = await eventually(
      () => activator.getLogs('shop'),
      (text) => text.includes('****'),
    );
    expect(log).not.toContain(activator.deriveRuntimeToken('shop'));
  });

  it('is not started again with another config, and has that from its next start', async () => {
    const { activator, project } = await testActivator();
    const first = await activator.ensureRunning('shop', project('no-drain', { env: { RELEASE: '1' } }));
    const same = await activator.ensureRunning('shop', project('no-drain', { env: { RELEASE: '2' } }));
    expect(same.pid).toBe(first.pid);
    await activator.stop('shop');
    const { agentPort } = await activator.ensureRunning('shop');
    expect(JSON.parse(await get(agentPort, '/env'))).toMatchObject({ RELEASE: '2' });
  });

  it('tells why it cannot be started, leaves nothing behind, and is tried again', async () => {
    const { activator, dir, project } = await testActivator();
    const failing = activator.ensureRunning('shop', project('exits-at-once'));
    await expect(failing).rejects.toMatchObject({ code: 'SERVER_EXITED' });
    expect(activator.status('shop')).toMatchObject({
      status: 'error',
      pid: null,
      agentPort: null,
      lastError: expect.stringContaining('exited before it was ready'),
    });
    // A stop takes it as read, and ends the pause before the next try.
    await activator.stop('shop');
    expect(activator.status('shop')).toMatchObject({ status: 'stopped', lastError: null });
    const { agentPort } = await activator.ensureRunning('shop', project());
    expect(agentPort).toBe(22_830);
    expect(activator.status('shop')).toMatchObject({ status: 'running', lastError: null });
    await activator.stopAll();
    expect(readdirSync(join(dir, 'state', 'servers'))).toEqual([]);
  });

  it.each([
    ['../up', { dir: '/' }, TypeError],
    ['a:b', { dir: '/' }, TypeError],
    ['shop', { dir: 'here' }, /dir must be an absolute path/],
    ['shop', { dir: '/', idleTimeoutMs: 0 }, /idleTimeoutMs must be a whole number/],
    ['shop', { dir: '/' }, /Project shop has no command/],
  ])('%s with %j is refused', async (id, config, problem) => {
    const { activator } = await testActivator();
    await expect(activator.ensureRunning(id, config)).rejects.toThrow(problem);
  });

  it('must be known', async () => {
    const { activator, project } = await testActivator({
      findProject: ({ projectId }) =>
        projectId === 'found' ? { projectId: 'found', config: project() } : null,
    });
    await expect(activator.ensureRunning('shop')).rejects.toMatchObject({ code: 'PROJECT_NOT_FOUND' });
    expect(await activator.ensureRunning('found')).toMatchObject({ status: 'running' });
    await activator.forget('found');
    expect(activator.status('found')).toBeNull();
  });
});
