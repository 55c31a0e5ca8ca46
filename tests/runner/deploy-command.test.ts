import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { recordEvents } from '../support/server-events.ts';
import { tempFolder, writeFiles } from '../support/temp-folder.ts';
import { processesMarked, testRunner } from '../support/test-runner.ts';
import { testRouter } from '../support/test-router.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/servers/${name}.mjs`, import.meta.url));
const well = { file: 'node', args: [fixture('well')] };
const deployment = { id: 'shop', projectId: 'shop', subdomain: null };
const get = async (port: number, path: string): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}${path}`)).text();

describe('deployCommand', () => {
  it('starts a command in its folder, with its variables and no other, and keeps secrets out of log and state', async () => {
    const { runner, dir } = testRunner({ globalEnvVars: { GLOBAL: 'yes' } });
    const cwd = await writeFiles(tempFolder(), { '.env': 'FROM_FILE=file\nWINS=file\n' });
    const command = { ...well, cwd, env: { WINS: 'command' }, secrets: { TOKEN: 'hush-hush-hush' } };
    const server = await runner.deployCommand(deployment, () => command);
    const env = JSON.parse(await get(server.port, '/env')) as Record<string, string>;
    expect(env).toMatchObject({
      FROM_FILE: 'file',
      WINS: 'command',
      GLOBAL: 'yes',
      TOKEN: 'hush-hush-hush',
      NODE_ENV: 'production',
      PORT: String(server.port),
    });
    expect(Object.keys(env).filter((name) => name.startsWith('npm_'))).toEqual([]);
    expect(await get(server.port, '/cwd')).toBe(cwd);
    const state = readFileSync(join(dir, 'state', 'servers', server.id, 'server.json'), 'utf8');
    expect(state).not.toContain('hush');
    await get(server.port, '/say?name=TOKEN').catch(() => undefined);
    await recordEvents(runner).next('ready');
    expect(await runner.getLogs(server)).toContain('*'.repeat('hush-hush-hush'.length));
    await runner.stop(server);
    expect(processesMarked(server.id)).toEqual([]);
    expect(existsSync(join(dir, 'state', 'servers', server.id))).toBe(false);
  });

  it('asks for the command before each start, and backs off when that fails', async () => {
    const { runner } = testRunner({ restart: { initialDelayMs: 0 } });
    const events = recordEvents(runner);
    const cwd = tempFolder();
    let asked = 0;
    const server = await runner.deployCommand(deployment, () => {
      asked += 1;
      if (asked === 2) throw new Error('no credentials right now');
      return { ...well, cwd, secrets: { TOKEN: `token-number-${asked}` } };
    });
    await get(server.port, '/crash').catch(() => undefined);
    const again = await events.next('ready', 2);
    expect(asked).toBe(3);
    expect(again.server.port).toBe(server.port);
    expect(events.all('restarting')[1]?.reason).toBe('no credentials right now');
    const env = JSON.parse(await get(again.server.port, '/env')) as Record<string, string>;
    expect(env.TOKEN).toBe('token-number-3');
    await get(again.server.port, '/say?name=TOKEN').catch(() => undefined);
    await events.next('ready', 3);
    expect(await runner.getLogs(server)).not.toContain('token-number');
  });

  it('ends while it waits for the command of a restart', async () => {
    const { runner } = testRunner();
    const cwd = tempFolder();
    const asked = Promise.withResolvers<void>();
    let starts = 0;
    const server = await runner.deployCommand(deployment, () => {
      starts += 1;
      if (starts === 1) return { ...well, cwd };
      asked.resolve();
      return new Promise<never>(() => undefined);
    });
    await get(server.port, '/crash').catch(() => undefined);
    await asked.promise;
    await runner.stop(server);
    expect(runner.getServerStatus(server)?.state).toBe('exited');
    expect(runner.getStats().allocatedPorts).toEqual([]);
  });

  it('stops what runs already before it starts, and gives it a route', async () => {
    const { runner } = testRunner();
    const { router } = await testRouter();
    runner.setRouter(router);
    const events = recordEvents(runner);
    const command = { ...well, cwd: tempFolder() };
    const routed = { ...deployment, subdomain: 'my-shop' };
    await runner.deployCommand(routed, () => command);
    const second = await runner.deployCommand(routed, () => command);
    expect(events.names()).toEqual(['spawned', 'ready', 'exited', 'settled', 'spawned', 'ready']);
    expect(await router.getRoute('shop')).toMatchObject({
      subdomain: 'my-shop',
      targetPort: second.port,
    });
    expect(await runner.healthCheck(second)).toMatchObject({ healthy: true });
  });

  it.each([
    [{ file: '' }, /command.file: expected a string/],
    [{ args: ['a', 1] }, /command.args: expected a list of strings/],
    [{ healthPath: 'health' }, /command.healthPath/],
    [{ env: { A: 1 } }, /command.env.A/],
  ])('refuses %j', async (wrong, message) => {
    const { runner } = testRunner();
    const command = { ...well, cwd: '/', ...wrong } as never;
    await expect(runner.deployCommand(deployment, () => command)).rejects.toThrow(message);
  });
});
