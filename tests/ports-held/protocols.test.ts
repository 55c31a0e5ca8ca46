import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

import { healthHttp } from '@project-runner/health-http';
import { expect, it, onTestFinished } from 'vitest';

import { heldProject } from '../support/held-project.ts';
import { heldRunner } from '../support/held-runner.ts';
import { selfSigned } from '../support/self-signed.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { deployFolder } from '../support/test-runner.ts';

const timeout = 15_000;

async function askHttp2(session: ClientHttp2Session, path = '/'): Promise<string> {
  const stream = session.request({ ':path': path });
  let body = '';
  stream.setEncoding('utf8').on('data', (text: string) => (body += text));
  await once(stream, 'end');
  return body;
}

it.each([
  ['http2.mjs', 'http'],
  ['http2-secure.mjs', 'https'],
] as const)(
  '%s: an open stream finishes, the session is told to go, and a new one reaches the new server',
  async (fixture, protocol) => {
    const { key, cert } = selfSigned(tempFolder(), 'localhost', ['localhost']);
    const isSecure = protocol === 'https';
    const { runner } = heldRunner({
      plugins: isSecure ? [healthHttp({ protocol, allowSelfSigned: true })] : [],
      globalEnvVars: { KEY: key, CERT: cert },
    });
    const built = await deployFolder(runner, await heldProject(fixture));
    const { project, deployment, build, server } = built;
    const open = (): ClientHttp2Session => {
      const session = connectHttp2(`${protocol}://127.0.0.1:${server.port}`, { rejectUnauthorized: false });
      onTestFinished(() => session.destroy());
      return session;
    };
    const session = open();
    const toldToGo = once(session, 'goaway');
    expect(await askHttp2(session)).toBe(String(server.processId));
    const slow = askHttp2(session, '/slow?ms=2000');
    await expect.poll(() => runner.getLogs(server), { timeout }).toContain('slow');
    const next = await runner.deploy(project, deployment, build);
    expect(next.port).toBe(server.port);
    expect(await slow).toBe(String(server.processId));
    expect((await toldToGo)[0]).toBe(0);
    expect(await askHttp2(open())).toBe(String(next.processId));
  },
);

/** Opens a connection that is upgraded; `said` is what came over it. */
async function upgrade(port: number): Promise<{ socket: Socket; said(): string; failure(): string | null }> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let text = '';
  let failed: string | null = null;
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  socket.on('error', (error: NodeJS.ErrnoException) => (failed = error.code ?? error.message));
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
  await expect.poll(() => text, { timeout }).toMatch(/\r\n\r\n\d+\n/);
  return { socket, said: () => text.slice(text.indexOf('\r\n\r\n') + 4), failure: () => failed };
}

it('an upgraded connection serves until its server ends, is closed in order, and does not hold the redeploy up', async () => {
  const { runner } = heldRunner();
  const { project, deployment, build, server } = await deployFolder(
    runner,
    await heldProject('upgrades.mjs'),
  );
  const { socket, said, failure } = await upgrade(server.port);
  socket.write('hello');
  await expect.poll(said, { timeout }).toBe(`${server.processId}\nhello`);
  const closed = once(socket, 'end');
  const startedAt = performance.now();
  const next = await runner.deploy(project, deployment, build);
  // The drain has 8 s.
  expect(performance.now() - startedAt).toBeLessThan(7000);
  await closed;
  expect(failure()).toBeNull();
  expect((await upgrade(next.port)).said()).toBe(`${next.processId}\n`);
});

it('a kept connection is left alone long enough for a request that comes on it', async () => {
  const { runner } = heldRunner();
  const { project, deployment, build, server } = await deployFolder(
    runner,
    await heldProject('ends-at-once.mjs'),
  );
  const socket = connect(server.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const request = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
  socket.write(request);
  await expect.poll(() => text, { timeout }).toContain(`\r\n\r\n${server.processId}`);
  expect(text).toContain('Connection: keep-alive');
  text = '';
  const ready = Promise.withResolvers<void>();
  runner.on('ready', () => ready.resolve());
  const deploying = runner.deploy(project, deployment, build);
  await ready.promise;
  // The old server is told to end about now: it answers before or after that, and closes only then.
  const closed = once(socket, 'end');
  for (let answers = 1; !text.includes('Connection: close'); answers += 1) {
    socket.write(request);
    await expect.poll(() => text.match(/HTTP\/1.1 200 OK/g), { timeout }).toHaveLength(answers);
  }
  expect(text.endsWith(String(server.processId))).toBe(true);
  await Promise.all([closed, deploying]);
});
