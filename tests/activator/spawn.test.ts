import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { createActivator } from '@project-runner/activator';
import type { SpawnConfig } from '@project-runner/activator';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { testActivator } from '../support/test-activator.ts';

const well = fileURLToPath(new URL('../fixtures/servers/well.mjs', import.meta.url));
const envOf = async (port: number | null): Promise<Record<string, string>> =>
  (await (await fetch(`http://127.0.0.1:${port}/env`)).json()) as Record<string, string>;

describe('a runtime of the host', () => {
  it('runs projects that have no command of their own', async () => {
    const asked: unknown[] = [];
    const { activator, dir } = await testActivator({
      resolveBin: () => Promise.resolve(process.execPath),
      spawnCommand(bin, project) {
        asked.push([bin, project]);
        return { file: bin, args: [well], env: { RUNTIME: 'mine' } };
      },
    });
    const { agentPort } = await activator.ensureRunning('shop', { dir });
    expect(await envOf(agentPort)).toMatchObject({ RUNTIME: 'mine', PROJECT_ID: 'shop' });
    expect(asked).toEqual([[process.execPath, { projectId: 'shop', dir }]]);
  });

  it.each([
    ['/nowhere/at-all', /The runtime \/nowhere\/at-all cannot be run: there is no such file/],
    ['no-such-runtime-anywhere', /there is no such program on PATH/],
  ])('that is not there (%s) is known before the first request', async (bin, message) => {
    await expect(createActivator({ resolveBin: () => bin })).rejects.toMatchObject({
      code: 'SPAWN_FAILED',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['a folder', '', /The runtime .*tool cannot be run: .*tool is a folder/],
    [
      'a script of an interpreter that is missing',
      '#!/nowhere/sh\n',
      /names "\/nowhere\/sh", which is not there/,
    ],
    ['a script with line endings of Windows', '#!/bin/sh\r\n', /names "\/bin\/sh\\r", which is not there/],
  ])('that is %s is known as well, also by its name', async (_, text, message) => {
    const dir = tempFolder();
    const file = join(dir, 'tool');
    if (text === '') mkdirSync(file);
    else writeFileSync(file, text, { mode: 0o755 });
    const failed = { code: 'SPAWN_FAILED', message: expect.stringMatching(message) as string };
    await expect(createActivator({ resolveBin: () => file })).rejects.toMatchObject(failed);
    vi.stubEnv('PATH', dir);
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(createActivator({ resolveBin: () => 'tool' })).rejects.toMatchObject(failed);
  });

  it('is found on PATH behind what cannot be run', async () => {
    const dir = tempFolder();
    mkdirSync(join(dir, 'node'));
    vi.stubEnv('PATH', `${dir}:${dirname(process.execPath)}`);
    onTestFinished(() => void vi.unstubAllEnvs());
    const bins: string[] = [];
    const { activator, dir: project } = await testActivator({
      resolveBin: () => 'node',
      spawnCommand(bin) {
        bins.push(bin);
        return { file: bin, args: [well] };
      },
    });
    await activator.ensureRunning('shop', { dir: project });
    expect(bins).toEqual([join(dirname(process.execPath), 'node')]);
  });

  it('that may not be run, or is none at all, is known as well', async () => {
    const file = join(tempFolder(), 'runtime');
    writeFileSync(file, '#!/bin/sh\n');
    chmodSync(file, 0o644);
    await expect(createActivator({ resolveBin: () => file })).rejects.toThrow(/not executable/);
    await expect(createActivator({ resolveBin: () => '' })).rejects.toThrow(TypeError);
    await expect(createActivator({ spawnCommand: 'node' as never })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('that goes missing later fails the start', async () => {
    let bin = process.execPath;
    const { activator, dir } = await testActivator({ resolveBin: () => bin });
    bin = '/gone';
    await expect(activator.ensureRunning('shop', { dir })).rejects.toMatchObject({ code: 'SPAWN_FAILED' });
  });
});

describe('enrichSpawnConfig', () => {
  it('is asked before each start, restarts included', async () => {
    let asked = 0;
    const { activator, project } = await testActivator({
      enrichSpawnConfig(projectId, base) {
        asked += 1;
        const secrets = { ...base.secrets, LEASED: `lease-number-${asked}` };
        return { ...base, env: { ...base.env, FOR: projectId }, secrets };
      },
    });
    const first = await activator.ensureRunning('shop', project('well', { env: { OWN: 'yes' } }));
    const env = await envOf(first.agentPort);
    expect(env).toMatchObject({ FOR: 'shop', OWN: 'yes', LEASED: 'lease-number-1', PROJECT_ID: 'shop' });
    process.kill(first.pid ?? 0, 'SIGKILL');
    await eventually(
      () => activator.status('shop'),
      (status) => status?.status === 'running' && status.restarts === 1,
    );
    expect((await envOf(first.agentPort)).LEASED).toBe('lease-number-2');
  });

  it.each<[string, (id: string, base: SpawnConfig) => never]>([
    [
      'throws',
      (_id, base) => {
        Object.assign(base.env, { HALF: 'done' });
        throw new Error('no vault');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no vault')) as never],
    ['answers nothing', () => undefined as never],
    ['answers a wrong value', (_id, base) => ({ ...base, env: { A: 1 } }) as never],
    ['hangs', () => new Promise(() => undefined) as never],
  ])('that %s is a warning, and the base is used', async (_what, enrichSpawnConfig) => {
    const { activator, project, warnings } = await testActivator({ enrichSpawnConfig, enrichTimeoutMs: 100 });
    const { agentPort } = await activator.ensureRunning('shop', project('well'));
    const env = await envOf(agentPort);
    expect(env).toMatchObject({ PROJECT_ID: 'shop' });
    expect(env).not.toHaveProperty('HALF');
    expect(warnings).toEqual([expect.stringMatching(/enrichSpawnConfig failed for project shop/)]);
  });
});

it('a stop does not wait for enrichSpawnConfig', async () => {
  const asked = Promise.withResolvers<void>();
  const { activator, project } = await testActivator({
    enrichTimeoutMs: 600_000,
    enrichSpawnConfig() {
      asked.resolve();
      return new Promise<never>(() => undefined);
    },
  });
  const outcome = Promise.allSettled([activator.ensureRunning('shop', project())]);
  await asked.promise;
  await activator.stop('shop');
  expect(await outcome).toMatchObject([{ reason: { code: 'DEPLOY_CANCELLED' } }]);
  expect(activator.status('shop')?.status).toBe('stopped');
});

describe('resolveLocalUrl', () => {
  it('starts the project and answers where the path is', async () => {
    const { activator, project } = await testActivator();
    activator.register('shop', project());
    expect(await activator.resolveLocalUrl('/agent/run?a=1&b=%20', 'shop')).toBe(
      `http://127.0.0.1:${activator.status('shop')?.agentPort}/agent/run?a=1&b=%20`,
    );
    expect(activator.status('shop')?.status).toBe('running');
    await expect(activator.resolveLocalUrl('/agent', 'nobody')).rejects.toMatchObject({
      code: 'PROJECT_NOT_FOUND',
    });
  });

  it('without an id answers only if exactly one project is active', async () => {
    const { activator, project } = await testActivator();
    expect(await activator.resolveLocalUrl('/agent')).toBeNull();
    const { agentPort } = await activator.ensureRunning('one', project());
    expect(await activator.resolveLocalUrl('/agents?x')).toBe(`http://127.0.0.1:${agentPort}/agents?x`);
    await activator.ensureRunning('two', project());
    expect(await activator.resolveLocalUrl('/agent')).toBeNull();
    const stopped = activator.stop('two');
    // One that is on its way out is not active.
    expect(await activator.resolveLocalUrl('/agent')).toBe(`http://127.0.0.1:${agentPort}/agent`);
    await stopped;
    expect(await activator.resolveLocalUrl('/agent')).toBe(`http://127.0.0.1:${agentPort}/agent`);
  });

  it('starts nothing for other paths', async () => {
    const { activator, project } = await testActivator({ localPathPrefixes: ['/agent', '/webhook/'] });
    activator.register('shop', project());
    for (const path of [
      '/',
      '/api/agent',
      '/webhook',
      'agent',
      '/agent/../api',
      '/agent/%2e%2e/api',
      '//agent/x',
    ]) {
      expect(await activator.resolveLocalUrl(path, 'shop')).toBeNull();
    }
    expect(activator.status('shop')?.status).toBe('stopped');
    expect(await activator.resolveLocalUrl('/webhook/x#part', 'shop')).toMatch(/:\d+\/webhook\/x$/);
  });
});
