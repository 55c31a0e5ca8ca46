import { join } from 'node:path';

import { isProcessAlive } from '@project-runner/launcher-local';
import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { processesMarked } from '../support/test-runner.ts';
import { listFiles, project, server } from './shop-project.ts';
import { cliEvents, runCli, spawnCli } from './spawn-cli.ts';
import type { CliEvent, SpawnedCli } from './spawn-cli.ts';

/** Ignores SIGTERM, as does a child that left its group. */
const stubborn = `
import { spawn } from 'node:child_process';
const ignore = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)";
spawn(process.execPath, ['-e', ignore], { detached: true, stdio: 'ignore' }).unref();
process.on('SIGTERM', () => console.log('no'));
`;

describe('up --once', () => {
  it('installs, builds, asks, shows the answers and leaves the project untouched', async () => {
    const dir = await project(
      { 'build.js': 'console.log("building it")', 'vars.env': 'GREETING=from-file\n' },
      { scripts: { start: 'node server.js', build: 'node build.js' } },
    );
    const before = listFiles(dir);
    const args = ['up', dir, '--once', '--request', '/hello?name=Ada', '--request', '/health'];
    const { code, stdout, stderr } = await runCli([...args, '--env-from', join(dir, 'vars.env')]);
    expect(stderr).toContain(
      'Installing dependencies\nBuilding\nChecking what was built\nMaking the release\nBuilt in ',
    );
    expect(stderr).toContain('on stderr\n');
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/m);
    expect(stdout).toContain('GET /hello?name=Ada → 200\nHello Ada from-file\n');
    expect(stdout).toContain('GET /health → 200\nfine\n');
    expect(stdout + stderr).not.toContain('building it');
    expect(listFiles(dir)).toEqual(before);
    expect(code).toBe(0);
  });

  it('fails when an answer is not 2xx', async () => {
    const dir = await project();
    const { code, stdout } = await runCli(['up', dir, '--skip-install', '--once', '--request', '/nope']);
    expect(stdout).toContain('GET /nope → 404\nno such path\n');
    expect(code).toBe(6);
  });

  it('asks for what the probe was content with where no path is given', async () => {
    const dir = await project({
      'server.js': `
        import { createServer } from 'node:http';
        createServer(({ url }, response) => {
          response.writeHead(url === '/' ? 200 : 404).end('at ' + url);
        }).listen(process.env.PORT, process.env.HOST);`,
    });
    const { code, stdout } = await runCli(['up', dir, '--skip-install', '--once']);
    expect(stdout).toContain('GET / → 200\nat /\n');
    expect(stdout).not.toContain('404');
    expect(code).toBe(0);
  });
});

describe('up', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'streams the log until %s and leaves no process',
    async (signal) => {
      const { cli, ready } = await upAndReady(await project());
      await fetch(`${ready.url}/hello?name=Bob`);
      await waitForEvent(cli, ({ event, line }) => event === 'log' && line === 'asked for /hello');
      expect(processesMarked(`${ready.serverId}`)).toContain(ready.pid);
      cli.child.kill(signal);
      expect(await cli.exited).toBe(0);
      expect(processesMarked(`${ready.serverId}`)).toEqual([]);
      const events = cliEvents(cli.stdout());
      expect(events).toContainEqual({ event: 'log', stream: 'stderr', line: 'on stderr' });
      expect(events.at(-1)).toEqual({ event: 'stopped' });
      expect(cli.stderr()).toBe('');
    },
  );

  it('says how a server exited by itself', async () => {
    for (const [path, how] of [
      ['/exit', 'exit code 7'],
      ['/die', 'signal SIGKILL'],
    ] as const) {
      const { cli, ready } = await upAndReady(await project());
      await fetch(`${ready.url}${path}`).catch((error: unknown) => error);
      expect(await cli.exited).toBe(5);
      expect(cliEvents(cli.stdout()).at(-1)).toMatchObject({
        event: 'error',
        code: 'SERVER_EXITED',
        message: `The server exited by itself with ${how}`,
      });
    }
  });

  it('kills at once on the second Ctrl-C', async () => {
    const { cli, ready } = await upAndReady(await project({ 'server.js': `${server}${stubborn}` }));
    // The server, its child and the shim.
    expect(processesMarked(`${ready.serverId}`)).toHaveLength(3);
    cli.child.kill('SIGINT');
    await waitForEvent(cli, ({ event, line }) => event === 'log' && line === 'no');
    // The same key press, passed on by an npx, would be no second one.
    cli.child.kill('SIGINT');
    await eventually(
      () => {
        cli.child.kill('SIGINT');
        return cliEvents(cli.stdout());
      },
      (events) => events.some(({ message }) => message === 'Killing everything at once'),
    );
    expect(await cli.exited).toBe(130);
    await eventually(
      () => processesMarked(`${ready.serverId}`),
      (pids) => pids.length === 0,
    );
  });

  it('stops when its reader goes away', async () => {
    const { cli, ready } = await upAndReady(await project());
    cli.child.stdout.destroy();
    await fetch(`${ready.url}/health`);
    expect(await cli.exited).toBe(0);
    expect(processesMarked(`${ready.serverId}`)).toEqual([]);
  });

  it('ends a build at Ctrl-C', async () => {
    const dir = await project(
      { 'build.js': 'console.log("pid " + process.pid); setInterval(() => {}, 1000)' },
      { scripts: { start: 'node server.js', build: 'node build.js' } },
    );
    const cli = spawnCli(['up', dir, '--skip-install', '--json']);
    const { line } = await waitForEvent(cli, ({ line }) => `${line}`.startsWith('pid '));
    cli.child.kill('SIGINT');
    expect(await cli.exited).toBe(130);
    expect(isProcessAlive(Number(`${line}`.slice(4)))).toBe(false);
  });
});

type Ready = CliEvent & { url: string; pid: number; serverId: string };

async function upAndReady(dir: string): Promise<{ cli: SpawnedCli; ready: Ready }> {
  const cli = spawnCli(['up', dir, '--skip-install', '--json']);
  const ready = await waitForEvent(cli, ({ event }) => event === 'ready');
  return { cli, ready: ready as Ready };
}

async function waitForEvent(cli: SpawnedCli, matches: (event: CliEvent) => boolean): Promise<CliEvent> {
  const events = await eventually(
    () => cliEvents(cli.stdout()),
    (events) => events.some(matches),
    60_000,
  );
  const found = events.find(matches);
  if (!found) throw new Error('the event went away');
  return found;
}
