import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { RunningServer } from '@project-runner/core';
import { isProcessAlive } from '@project-runner/launcher-local';
import { LocalProcessRunner } from '@project-runner/runner';
import { expect, it, onTestFinished } from 'vitest';

import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { serverProject } from '../support/server-project.ts';
import { spawnRunner } from '../support/spawn-runner.ts';
import type { RunnerProcess } from '../support/spawn-runner.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { processesMarked } from '../support/test-runner.ts';

function config() {
  const dir = tempFolder();
  const made = {
    stateDir: join(dir, 'state'),
    buildDir: join(dir, 'builds'),
    portRange: { start: 20_040, end: 20_079 },
    stopGraceMs: 3000,
  };
  // Whatever the test leaves behind is stopped by a last runner.
  onTestFinished(async () => {
    const last = new LocalProcessRunner(made);
    await last.recover();
    await last.shutdown();
  });
  return made;
}

async function deploy(runner: RunnerProcess, options = {}): Promise<RunningServer> {
  const project = projectRecord(await serverProject('well'));
  const deployment = deploymentRecord(project);
  const build = await runner.call('build', project, buildRecord(deployment), { skipInstall: true });
  return runner.call('deploy', project, deployment, build, options);
}

it('gives each server one owner when three runners recover at the same moment', async () => {
  const shared = config();
  const first = await spawnRunner(shared);
  const servers = await Promise.all([1, 2, 3, 4, 5].map(() => deploy(first)));
  await first.kill();
  const heirs = await Promise.all([1, 2, 3].map(() => spawnRunner(shared)));
  const found = await Promise.all(heirs.map((heir) => heir.call('recover')));
  expect(
    found
      .flat()
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(servers.map(({ id }) => id).toSorted());
  // Anybody may ask the one who has it.
  for (const [index, heir] of heirs.entries())
    for (const server of found[index] ?? []) await heir.call('stop', server);
  expect(servers.filter(({ processId }) => isProcessAlive(processId ?? 0))).toEqual([]);
});

it('leaves a server alone whose runner lives, and yet can stop it', async () => {
  const shared = config();
  const owner = await spawnRunner({ ...shared, restart: 'always' });
  const server = await deploy(owner);
  const other = await spawnRunner(shared);
  expect(await other.call('recover')).toEqual([]);
  expect(await other.call('reattach', server)).toBe(true);
  expect(await other.call('healthCheck', server)).toEqual({ healthy: true });
  await other.call('stop', server);
  expect(processesMarked(server.id)).toEqual([]);
  // Its owner, who would start it again always, was told.
  await expect
    .poll(() => owner.call('getServerStatus', server), { timeout: 10_000 })
    .toMatchObject({
      state: 'exited',
      restarts: 0,
    });
});

it('signals nobody when a pid was given to somebody else', async () => {
  const shared = config();
  const runner = await spawnRunner(shared);
  const server = await deploy(runner);
  await runner.kill();
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log(1)'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void stranger.kill('SIGKILL'));
  await once(stranger.stdout, 'data');
  // The state says that the server is the stranger's pid, started at another time.
  const dir = join(shared.stateDir, 'servers', server.id);
  const stored = JSON.parse(readFileSync(join(dir, 'server.json'), 'utf8')) as { ref: { pid: number } };
  stored.ref.pid = stranger.pid ?? 0;
  writeFileSync(join(dir, 'server.json'), JSON.stringify(stored));
  const pidFile = join(dir, 'runs', '1', 'pid');
  const fields = readFileSync(pidFile, 'utf8').split(' ');
  fields[0] = String(stranger.pid);
  fields[3] = String(stranger.pid);
  writeFileSync(pidFile, fields.join(' '));

  const heir = await spawnRunner(shared);
  expect(await heir.call('recover')).toEqual([]);
  // The server itself is found by its marker, and does not stay behind as an orphan.
  await expect.poll(() => processesMarked(server.id), { timeout: 10_000 }).toEqual([]);
  await heir.call('shutdown');
  expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
});

it.each([
  ['is damaged', (file: string) => writeFileSync(file, '{"formatVersion": 1, "server"')],
  ['is empty', (file: string) => writeFileSync(file, '')],
  [
    'is of another server',
    (file: string) => {
      const stored = JSON.parse(readFileSync(file, 'utf8')) as { server: { id: string } };
      stored.server.id = 'somebody-else';
      writeFileSync(file, JSON.stringify(stored));
    },
  ],
])('a state file that %s costs its own server only, and is set aside', async (_, damage) => {
  const shared = config();
  const runner = await spawnRunner(shared);
  const bad = await deploy(runner);
  const good = await deploy(runner);
  await runner.kill();
  damage(join(shared.stateDir, 'servers', bad.id, 'server.json'));
  const heir = await spawnRunner(shared);
  expect(await heir.call('recover')).toMatchObject([{ id: good.id, processId: good.processId }]);
  await expect
    .poll(() => heir.logs.join('\n'), { timeout: 10_000 })
    .toContain(`The state of server ${bad.id} is damaged`);
  expect(processesMarked(bad.id)).toEqual([]);
  expect(readdirSync(join(shared.stateDir, 'damaged'))).toHaveLength(1);
  await heir.call('stop', good);
});

it('leaves the state of a later version alone', async () => {
  const shared = config();
  const dir = join(shared.stateDir, 'servers', 'from-the-future');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'server.json'), '{"formatVersion": 2}');
  const runner = await spawnRunner(shared);
  expect(await runner.call('recover')).toEqual([]);
  expect(runner.logs.join('\n')).toContain('later version');
  expect(readFileSync(join(dir, 'server.json'), 'utf8')).toBe('{"formatVersion": 2}');
});

it('tells how a server ended while no runner lived, with its last lines', async () => {
  const shared = config();
  const runner = await spawnRunner(shared);
  const server = await deploy(runner);
  await runner.kill();
  await fetch(`http://127.0.0.1:${server.port}/crash`).catch(() => undefined);
  const heir = await spawnRunner(shared);
  expect(await heir.call('recover')).toEqual([]);
  await expect
    .poll(() => heir.events, { timeout: 10_000 })
    .toContainEqual({
      event: 'exited',
      data: expect.objectContaining({ exit: { code: 7, signal: null }, wanted: false }) as unknown,
    });
  await expect.poll(() => heir.call('getLogs', server), { timeout: 10_000 }).toBe('listening');
});

it('keeps no secret and lets nobody else read its files', async () => {
  const shared = config();
  const runner = await spawnRunner(shared);
  const secret = 'sk-very-secret-value';
  const server = await deploy(runner, { envVars: { API_KEY: secret }, secrets: { TOKEN: `${secret}-2` } });
  const walk = (dir: string): string[] =>
    readdirSync(dir, { withFileTypes: true, recursive: true }).map((entry) =>
      join(entry.parentPath, entry.name),
    );
  const paths = walk(shared.stateDir);
  expect(paths.length).toBeGreaterThan(5);
  for (const path of paths) {
    const found = lookAt(path);
    if (!found) continue;
    expect([path, found.mode & 0o077]).toEqual([path, 0]);
    expect([path, found.text.includes(secret)]).toEqual([path, false]);
  }
  expect(readFileSync(`/proc/${server.processId}/environ`, 'utf8')).toContain(secret);
  const cmdline = readFileSync(`/proc/${server.processId}/cmdline`, 'utf8');
  expect(cmdline).not.toContain(secret);
  await runner.call('stop', server);
});

/** `null` of what goes while it is looked at: the runner writes a new file beside the old one, and renames it. */
function lookAt(path: string): { mode: number; text: string } | null {
  try {
    const stats = statSync(path);
    return { mode: stats.mode, text: stats.isFile() ? readFileSync(path, 'latin1') : '' };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

it('leaves its servers when asked, and the next runner goes on with them', async () => {
  const shared = config();
  const runner = await spawnRunner(shared);
  const server = await deploy(runner);
  await runner.call('shutdown', { servers: 'leave' });
  expect(isProcessAlive(server.processId ?? 0)).toBe(true);
  // Even while the first one still lives.
  const next = await spawnRunner(shared);
  expect(await next.call('recover')).toMatchObject([{ id: server.id, port: server.port }]);
  expect(await next.call('getStats')).toMatchObject({ allocatedPorts: [server.port], runningProcesses: 1 });
  await fetch(`http://127.0.0.1:${server.port}/crash`).catch(() => undefined);
  // Its variables were found with its process: it is started again, on the same port.
  await expect.poll(() => next.call('healthCheck', server), { timeout: 10_000 }).toEqual({ healthy: true });
  const env = await (await fetch(`http://127.0.0.1:${server.port}/env`)).json();
  expect(env).toMatchObject({ PORT: String(server.port), NODE_ENV: 'production' });
  await next.call('stop', server);
});

it('is left once: what comes after a leave does not touch the server', async () => {
  const shared = config();
  const runner = await spawnRunner(shared);
  const server = await deploy(runner);
  await Promise.all([
    runner.call('shutdown', { servers: 'leave' }),
    runner.call('shutdown', { servers: 'leave' }),
  ]);
  await runner.call('shutdown');
  await runner.call('stop', server).catch(() => undefined);
  expect(isProcessAlive(server.processId ?? 0)).toBe(true);
  const next = await spawnRunner(shared);
  expect(await next.call('recover')).toMatchObject([{ id: server.id }]);
  await next.call('stop', server);
});

it('a runner that only looked at a server leaves it when it is shut down', async () => {
  const shared = config();
  const owner = await spawnRunner(shared);
  const server = await deploy(owner);
  const other = await spawnRunner(shared);
  expect(await other.call('reattach', server)).toBe(true);
  await other.call('shutdown');
  expect(isProcessAlive(server.processId ?? 0)).toBe(true);
  expect(await owner.call('healthCheck', server)).toEqual({ healthy: true });
  await owner.call('stop', server);
});

it('a runner that only looks at a server lets its owner start it again, and can stop it then, too', async () => {
  const shared = { ...config(), restart: { initialDelayMs: 1 } };
  const owner = await spawnRunner(shared);
  const server = await deploy(owner);
  const other = await spawnRunner({ ...shared, liveness: { intervalMs: 100, failures: 1 } });
  expect(await other.call('reattach', server)).toBe(true);
  await fetch(`http://127.0.0.1:${server.port}/crash`).catch(() => undefined);
  await expect
    .poll(() => owner.call('getServerStatus', server), { timeout: 10_000 })
    .toMatchObject({ state: 'ready', restarts: 1 });
  await expect.poll(() => other.call('reattach', server), { timeout: 10_000 }).toBe(true);
  expect(await other.call('healthCheck', server)).toEqual({ healthy: true });
  expect(await owner.call('getServerStatus', server)).toMatchObject({ state: 'ready', restarts: 1 });
  expect(other.events.map(({ event }) => event)).not.toContain('crashed');
  await other.call('stop', server);
  expect(processesMarked(server.id)).toEqual([]);
  await expect
    .poll(() => owner.call('getServerStatus', server), { timeout: 10_000 })
    .toMatchObject({ state: 'exited' });
});

it('shows nothing of a dead server whose secrets went with it', async () => {
  const shared = config();
  const runner = await spawnRunner(shared);
  const secret = 'sk-said-aloud-at-the-end';
  const server = await deploy(runner, { secrets: { LAST_WORDS: secret } });
  await runner.kill();
  await fetch(`http://127.0.0.1:${server.port}/say?name=LAST_WORDS`).catch(() => undefined);
  const heir = await spawnRunner(shared);
  expect(await heir.call('recover')).toEqual([]);
  await expect
    .poll(() => heir.call('getLogs', server), { timeout: 10_000 })
    .toContain('*'.repeat(secret.length));
  expect(await heir.call('getLogs', server)).not.toContain(secret);
});

it('keeps the folders of the last two runs only', async () => {
  const shared = { ...config(), restart: { initialDelayMs: 10 } };
  const runner = await spawnRunner(shared);
  const server = await deploy(runner);
  for (let restarts = 1; restarts <= 4; restarts += 1) {
    await fetch(`http://127.0.0.1:${server.port}/crash`).catch(() => undefined);
    await expect
      .poll(() => runner.call('getServerStatus', server), { timeout: 10_000 })
      .toMatchObject({ state: 'ready', restarts });
  }
  expect(readdirSync(join(shared.stateDir, 'servers', server.id, 'runs')).toSorted()).toEqual(['4', '5']);
  await runner.call('stop', server);
});

it('goes on with a server whose spools were removed, and with its log', async () => {
  const shared = config();
  const runner = await spawnRunner(shared);
  const server = await deploy(runner);
  await expect.poll(() => runner.call('getLogs', server), { timeout: 10_000 }).toContain('listening');
  await runner.kill();
  rmSync(join(shared.stateDir, 'servers', server.id, 'runs', '1', 'stdout'));
  const heir = await spawnRunner(shared);
  expect(await heir.call('recover')).toMatchObject([{ id: server.id }]);
  // What its memory never had is in the file.
  expect(await heir.call('getLogs', server)).toBe('listening');
  await expect(heir.call('shutdown', { servers: 'lave' as never })).rejects.toThrowError(/"stop" or "leave"/);
  await heir.call('stop', server);
  expect(processesMarked(server.id)).toEqual([]);
});
