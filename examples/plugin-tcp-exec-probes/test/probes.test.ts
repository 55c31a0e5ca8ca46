import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync, watch, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { testHealthProbe } from '@project-runner/conformance';
import type { ProbeTarget } from '@project-runner/core';
import { describe, expect, it, onTestFinished } from 'vitest';

import { execProbe, tcpProbe } from '../src/index.ts';

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const target: ProbeTarget = { host: '127.0.0.1', port: 1, path: '/health' };
const never = new AbortController().signal;

function tempFolder(): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'probes-')));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

describe('conformance of tcpProbe', () => {
  testHealthProbe(it, { create: () => tcpProbe(), http: false });
});

describe('conformance of execProbe', () => {
  const command = { file: process.execPath, args: [script('connect.mjs')] };
  testHealthProbe(it, { create: () => execProbe(command), http: false });
});

describe('conformance of execProbe with a command that knows ports only', () => {
  testHealthProbe(it, {
    create: () => execProbe({ file: script('connect.sh') }),
    http: false,
    sockets: false,
  });
});

describe('tcpProbe', () => {
  it('asks the unix socket of the server in place of the port', async () => {
    const socketPath = join(tempFolder(), 's');
    const server = createServer((socket) => socket.end());
    await once(server.listen(socketPath), 'listening');
    expect(await tcpProbe().check({ ...target, socketPath }, never)).toEqual({ healthy: true });
    await new Promise((resolve) => server.close(resolve));
    expect(await tcpProbe().check({ ...target, socketPath }, never)).toEqual({
      healthy: false,
      message: expect.stringContaining('ENOENT'),
    });
  });

  it('is late where the queue of a server is full that has stopped', async () => {
    const code = `const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => process.send(server.address().port))`;
    const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [port] = (await once(child, 'message')) as [number];
    child.kill('SIGSTOP');
    const queue = Array.from({ length: 8 }, () => connect({ port, host: '127.0.0.1' }));
    for (const socket of queue) socket.on('error', () => undefined);
    onTestFinished(() => queue.forEach((socket) => socket.destroy()));
    expect(await tcpProbe({ timeoutMs: 100 }).check({ ...target, port }, never)).toEqual({
      healthy: false,
      message: 'Health check failed: no answer within 100 ms',
    });
  });
});

describe('execProbe', () => {
  const node = (code: string): { file: string; args: string[] } => ({
    file: process.execPath,
    args: ['-e', code],
  });

  it('gives the command PATH, what it was told to, and where the server is; nothing else', async () => {
    const printing = node('console.log(JSON.stringify(process.env)); process.exit(1)');
    process.env.PROBE_TEST_PASSED = 'yes';
    process.env.PROBE_TEST_SECRET = 'no';
    onTestFinished(() => {
      delete process.env.PROBE_TEST_PASSED;
      delete process.env.PROBE_TEST_SECRET;
    });
    const probe = execProbe({ ...printing, passEnv: ['PROBE_TEST_PASSED', 'NOT_SET'], env: { OWN: 'x y' } });
    const { message = '' } = await probe.check({ ...target, socketPath: '/run/s' }, never);
    const { PROJECT_RUNNER_ID: id, ...found } = JSON.parse(message.slice(message.indexOf('{'))) as Record<
      string,
      string
    >;
    expect(id).toMatch(/./);
    expect(found).toEqual({
      PATH: process.env.PATH,
      PROBE_TEST_PASSED: 'yes',
      OWN: 'x y',
      PROBE_HOST: '127.0.0.1',
      PROBE_PORT: '1',
      PROBE_PATH: '/health',
      PROBE_SOCKET: '/run/s',
    });
  });

  it('takes arguments as they are: there is no shell', async () => {
    const args = ['$HOME', '; exit 0', '*'];
    const probe = execProbe({
      file: process.execPath,
      args: ['-e', 'console.log(JSON.stringify(process.argv.slice(1))); process.exit(3)', ...args],
    });
    const { message } = await probe.check(target, never);
    expect(message).toBe(`Health check failed: ${process.execPath} exited with 3: ${JSON.stringify(args)}`);
  });

  it.each([
    ['a signal', node('process.kill(process.pid, "SIGKILL")'), /died by SIGKILL$/],
    ['no such program', { file: 'no-such-program-here' }, /no-such-program-here/],
    [
      'a flood of output',
      node('console.log("x".repeat(1e6)); console.error("\\nfull\\n"); process.exit(1)'),
      /exited with 1: \S{1,2048}$/,
    ],
  ])('answers %s', async (_, command, message) => {
    expect(await execProbe(command).check(target, never)).toEqual({
      healthy: false,
      message: expect.stringMatching(message),
    });
  });

  it.each(['deadline', 'signal'])('ends all that the command started, at its %s', async (how) => {
    const dir = tempFolder();
    const file = join(dir, 'pids');
    writeFileSync(file, '');
    const abort = new AbortController();
    const pids = (): number[] => readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);
    const watcher = watch(file, () => pids().length === 3 && abort.abort());
    onTestFinished(() => watcher.close());
    const probe = execProbe({
      file: script('hang.sh'),
      args: [file],
      timeoutMs: how === 'deadline' ? 1000 : 20_000,
    });
    const result = await probe.check(target, how === 'deadline' ? never : abort.signal);
    expect(result).toEqual({
      healthy: false,
      message: expect.stringMatching(how === 'deadline' ? /within 1000 ms/ : /in time/),
    });
    // A busy machine may not start all of them within the deadline.
    expect(how === 'signal' ? pids() : [1, 2, 3]).toHaveLength(3);
    // They slept for ten minutes. A process that was killed ends when the system gets to it.
    await expect.poll(() => pids().map(stateOf), { timeout: 5000 }).toEqual(pids().map(() => 'gone'));
  });

  it('lets go of the signal, which may be that of many probes', async () => {
    const { signal } = new AbortController();
    let listening = 0;
    const counted = new Proxy(signal, {
      get(of, key) {
        if (key === 'addEventListener') return () => (listening += 1);
        if (key === 'removeEventListener') return () => (listening -= 1);
        const value: unknown = Reflect.get(of, key);
        return typeof value === 'function' ? (value.bind(of) as unknown) : value;
      },
    });
    await execProbe({ file: script('connect.sh') }).check(target, counted);
    await tcpProbe().check(target, counted);
    expect(listening).toBe(0);
  });

  it('refuses options that are wrong', () => {
    expect(() => execProbe({ file: '' })).toThrow(/file must be a program, found ""/);
    expect(() => execProbe({ file: 'x', timeoutMs: 0 })).toThrow(/timeoutMs must be .* found 0/);
    expect(() => tcpProbe({ timeoutMs: 1e12 })).toThrow(/timeoutMs must be/);
  });
});

it('Project Runner waits for the command of a server that is ready by its port alone', async () => {
  const dir = tempFolder();
  const looks = join(dir, 'looks');
  const plugins = JSON.stringify(new URL('../dist/src/index.js', import.meta.url).href);
  const ready = join(dir, 'ready.sh');
  writeFileSync(ready, `#!/bin/bash\necho look >> '${looks}'\n[ "$(wc -l < '${looks}')" -ge 3 ]\n`);
  chmodSync(ready, 0o755);
  writeFileSync(
    join(dir, 'project-runner.config.mjs'),
    `import { execProbe, tcpProbe } from ${plugins};
    export default { plugins: [tcpProbe(), execProbe({ file: ${JSON.stringify(ready)} })], without: ['health-probe:http'] };`,
  );
  writeFileSync(join(dir, 'package.json'), '{ "name": "hello", "scripts": { "start": "node server.js" } }');
  writeFileSync(
    join(dir, 'server.js'),
    `require('node:http').createServer((request, response) => {
      response.statusCode = request.url === '/' ? 200 : 500;
      response.end('hello');
    }).listen(process.env.PORT, process.env.HOST);`,
  );
  const state = ['--state-dir', join(dir, 'state'), '--data-dir', join(dir, 'data')];
  const { stdout } = await promisify(execFile)(
    script('../node_modules/.bin/project-runner'),
    ['up', dir, '--skip-install', '--once', '--request', '/', ...state],
    { cwd: dir },
  );
  expect(stdout).toContain('hello');
  expect(readFileSync(looks, 'utf8').match(/look/g)?.length).toBeGreaterThanOrEqual(3);
});

/** The letter that the system has for it; a zombie is gone. */
function stateOf(pid: number): string {
  try {
    const [, state = '?'] = /^\d+ \(.*\) (\S)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return 'ZX'.includes(state) ? 'gone' : state;
  } catch {
    // No such process.
    return 'gone';
  }
}
