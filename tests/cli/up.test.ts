import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';

import { isProcessAlive } from '@project-runner/launcher-local';
import { describe, expect, it, onTestFinished } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { tempFolder, writeFiles } from '../support/temp-folder.ts';
import { processesMarked } from '../support/test-runner.ts';
import { cliEvents, runCli, spawnCli } from './spawn-cli.ts';
import type { CliEvent, SpawnedCli } from './spawn-cli.ts';

const server = `
import { createServer } from 'node:http';
const answers = {
  '/health': () => [200, 'fine'],
  '/hello': (url) => [200, 'Hello ' + url.searchParams.get('name') + ' ' + process.env.GREETING],
  '/exit': () => process.exit(7),
  '/die': () => process.kill(process.pid, 'SIGKILL'),
};
console.error('on stderr');
createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  console.log('asked for ' + url.pathname);
  const [status, body] = answers[url.pathname]?.(url) ?? [404, 'no such path'];
  response.writeHead(status).end(body);
}).listen(Number(process.env.PORT), process.env.HOST, () => console.log('listening'));
`;

/** Ignores SIGTERM, as does a child that left its group. */
const stubborn = `
import { spawn } from 'node:child_process';
const ignore = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)";
spawn(process.execPath, ['-e', ignore], { detached: true, stdio: 'ignore' }).unref();
process.on('SIGTERM', () => console.log('no'));
`;

async function project(files: Record<string, string> = {}, manifest: object = {}): Promise<string> {
  const json = { name: 'shop', type: 'module', scripts: { start: 'node server.js' }, ...manifest };
  return writeFiles(tempFolder(), { 'package.json': { json }, 'server.js': server, ...files });
}

function listFiles(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort();
}

describe('up --once', () => {
  it('installs, builds, asks, shows the answers and leaves the project untouched', async () => {
    const dir = await project(
      { 'build.js': 'console.log("building it")', 'vars.env': 'GREETING=from-file\n' },
      { scripts: { start: 'node server.js', build: 'node build.js' } },
    );
    const before = listFiles(dir);
    const args = ['up', dir, '--once', '--request', '/hello?name=Ada', '--request', '/health'];
    const { code, stdout, stderr } = await runCli([...args, '--env-file', join(dir, 'vars.env')]);
    expect(stderr).toContain('Installing dependencies\nBuilding\nBuilt in ');
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

  it('keeps three builds and one data folder', async () => {
    const dir = await project();
    const state = tempFolder();
    const seen: string[] = [];
    for (let run = 0; run < 4; run += 1) {
      const args = ['up', dir, '--skip-install', '--once', '--json', '--state-dir', state];
      const { code, stdout } = await runCli(args);
      expect(code).toBe(0);
      seen.push(
        ...cliEvents(stdout).flatMap(({ event, releaseDir }) => (event === 'built' ? [`${releaseDir}`] : [])),
      );
    }
    const builds = join(seen[0] ?? '', '..');
    const left = readdirSync(builds, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(left.map(({ name }) => join(builds, name)).sort()).toEqual(seen.slice(1).sort());
    expect(readdirSync(join(state, 'data'))).toHaveLength(1);
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
    expect(processesMarked(`${ready.serverId}`)).toHaveLength(2);
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

describe('failures', () => {
  it('shows the end of the log of a failed build', async () => {
    const dir = await project(
      { 'build.js': 'for (let i = 1; i < 50; i++) console.log("step " + i); process.exit(3)' },
      { scripts: { start: 'node server.js', build: 'node build.js' } },
    );
    const { code, stdout, stderr } = await runCli(['up', dir, '--skip-install']);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('  step 49\n');
    expect(stderr).not.toContain('  step 10\n');
    expect(stderr).toContain('error [BUILD_FAILED] Build failed with exit code 3');
  });

  it('shows the last words of a server that does not start, once', async () => {
    const dir = await project({ 'server.js': "console.error('no database'); process.exit(9);" });
    const { code, stderr } = await runCli(['up', dir, '--skip-install']);
    expect(code).toBe(4);
    expect(stderr.split('no database')).toHaveLength(2);
    expect(stderr).toContain('error [SERVER_EXITED] The server exited with exit code 9');
  });

  it('says that the port is taken', async () => {
    const other = createServer((_request, response) => response.end('somebody else')).listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await runCli(['up', await project(), '--skip-install', '--port', `${port}`]);
    expect(code).toBe(4);
    expect(stderr).toMatch(new RegExp(`error \\[PORT_UNAVAILABLE\\] .*${port}`));
  });
});

describe('build', () => {
  it('prints where the release is', async () => {
    const { code, stdout } = await runCli(['build', await project(), '--skip-install']);
    expect(code).toBe(0);
    expect(readFileSync(join(stdout.trim(), 'server.js'), 'utf8')).toBe(server);
  });

  it('with --json, too', async () => {
    const { code, stdout, stderr } = await runCli(['build', await project(), '--skip-install', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(cliEvents(stdout).at(-1)).toMatchObject({ event: 'built', releaseDir: expect.any(String) });
  });
});

describe('project-runner.config.ts', () => {
  it('adds a plugin of a third party', async () => {
    const dir = await project({
      'my-sink.ts': `
        import { appendFileSync } from 'node:fs';
        export function mySink(file: string) {
          return {
            kind: 'log-sink' as const,
            name: 'mine',
            apiVersion: 1 as const,
            async open() {
              return {
                write(batch: { lines(): Iterable<{ text: string }> }) {
                  for (const { text } of batch.lines()) appendFileSync(file, text + '\\n');
                },
                close() {},
              };
            },
          };
        }`,
      'project-runner.config.ts': `
        import { join } from 'node:path';
        import { mySink } from './my-sink.ts';
        export default { plugins: [mySink(process.env.SINK_FILE as string)], stateDir: process.env.SINK_STATE };`,
    });
    const out = tempFolder();
    const file = join(out, 'lines.txt');
    const env = { SINK_FILE: file, SINK_STATE: join(out, 'state') };
    const before = listFiles(dir);
    const { code, stderr } = await runCli(['up', dir, '--skip-install', '--once'], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('Ready') });
    expect(readFileSync(file, 'utf8')).toContain('listening\n');
    expect(readdirSync(join(out, 'state'))).toContain('builds');
    expect(listFiles(dir)).toEqual(before);
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
