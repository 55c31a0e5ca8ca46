import { once } from 'node:events';

import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';

import { heldProject } from '../support/held-project.ts';
import { heldRunner } from '../support/held-runner.ts';
import { deployFolder } from '../support/test-runner.ts';
import { testRouter } from '../support/test-router.ts';

const timeout = 15_000;

interface Chat {
  socket: WebSocket;
  /** What came, first the pid of the server. */
  received: Buffer[];
  closed: Promise<{ code: number; reason: string }>;
}

async function open(port: number): Promise<Chat> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { host: 'test-project.localhost' } });
  onTestFinished(() => socket.terminate());
  const received: Buffer[] = [];
  socket.on('message', (data: Buffer) => received.push(data));
  const closed = once(socket, 'close').then(([code, reason]) => ({
    code: code as number,
    reason: String(reason),
  }));
  await expect.poll(() => received.length, { timeout }).toBe(1);
  return { socket, received, closed };
}

async function say(chat: Chat, data: string | Buffer): Promise<Buffer | undefined> {
  const { length } = chat.received;
  chat.socket.send(data);
  await expect.poll(() => chat.received.length, { timeout }).toBe(length + 1);
  return chat.received.at(-1);
}

describe.each([
  ['straight to the held port', false],
  ['through the router', true],
])('a client of ws, %s', (_, isRouted) => {
  async function deployed(env: Record<string, string> = {}) {
    const { runner } = heldRunner({ globalEnvVars: { WS: import.meta.resolve('ws'), ...env } });
    const { router, port: routerPort } = await testRouter();
    runner.setRouter(router);
    const built = await deployFolder(runner, await heldProject('websocket.mjs'));
    return { ...built, runner, router, port: isRouted ? routerPort : built.server.port };
  }

  it('is answered text, bytes and large messages, and closes with its own code or the one of the server', async () => {
    const { runner, server, port } = await deployed();
    const chat = await open(port);
    expect(String(chat.received[0])).toBe(String(server.processId));
    expect(String(await say(chat, 'hello, ünï'))).toBe('hello, ünï');
    const bytes = Buffer.from([0, 255, 1, 254]);
    expect(await say(chat, bytes)).toEqual(bytes);
    const large = 'x'.repeat(3_000_000);
    expect(String(await say(chat, large))).toBe(large);
    chat.socket.close(4002, 'enough');
    expect(await chat.closed).toEqual({ code: 4002, reason: 'enough' });
    await expect.poll(() => runner.getLogs(server), { timeout }).toContain('closed 4002 enough');
    const other = await open(port);
    other.socket.send('close me');
    expect(await other.closed).toEqual({ code: 4001, reason: 'as asked' });
  });

  it.each([
    ['is told by a server that says so', { SAYS_BYE: '1' }, { code: 1001, reason: 'the server goes' }],
    ['ends with a server that says nothing', {}, { code: 1006, reason: '' }],
  ])('is served until a redeploy is through, and %s', async (_how, env, end) => {
    const { runner, project, deployment, build, server, port } = await deployed(env);
    const chat = await open(port);
    let sent = 0;
    const sendNext = (): void => chat.socket.send(`message ${(sent += 1)}`);
    chat.socket.on('message', sendNext);
    sendNext();
    const next = await runner.deploy(project, deployment, build);
    expect(next.port).toBe(server.port);
    expect(await chat.closed).toEqual(end);
    const echoes = chat.received.slice(1).map(String);
    expect(echoes).toEqual(echoes.map((_echo, index) => `message ${index + 1}`));
    expect(sent - echoes.length).toBe(1);
    expect(echoes.length).toBeGreaterThan(10);
    const again = await open(port);
    expect(String(again.received[0])).toBe(String(next.processId));
    expect(String(await say(again, 'hello again'))).toBe('hello again');
  });
});
