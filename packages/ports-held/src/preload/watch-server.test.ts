import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { connect, createServer as createTcp } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';

import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { watchServer } from './watch-server.ts';

const request = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const drainMs = 8000;

/** The clock of the drain is the test's; the sockets are real. */
beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['performance', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
  });
  return () => void vi.useRealTimers();
});

async function watched(server: Server) {
  const { drain } = watchServer(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => void client.destroy());
  const [served] = await accepted;
  let isDrained = false;
  return {
    client,
    served,
    async ask(text: string): Promise<string> {
      client.write(text);
      return String((await once(client, 'data'))[0]);
    },
    drain: () => drain(drainMs).then(() => (isDrained = true)),
    isCut: () => served.destroyed || served.writableEnded,
    isDrained: () => isDrained,
  };
}

const http = (keepAliveTimeout?: number): Server => {
  const server = createHttp((_, response) => response.end('hello'));
  if (keepAliveTimeout !== undefined) server.keepAliveTimeout = keepAliveTimeout;
  return server;
};

describe('a drain', () => {
  it.each([[''], ['hello']])(
    'leaves a connection that is not of HTTP until the deadline, said %j',
    async (said) => {
      const { ask, drain, isCut, isDrained } = await watched(createTcp((socket) => socket.pipe(socket)));
      if (said) await ask(said);
      vi.advanceTimersByTime(60_000);
      void drain();
      await vi.advanceTimersByTimeAsync(drainMs - 1);
      expect([isCut(), isDrained()]).toEqual([false, false]);
      expect(await ask('still there')).toBe('still there');
      await vi.advanceTimersByTimeAsync(1);
      expect(isDrained()).toBe(true);
    },
  );

  it('closes a kept connection of HTTP when it was idle for nearly as long as it is kept', async () => {
    const { ask, drain, isCut } = await watched(http(5000));
    expect(await ask(request)).toContain('hello');
    const drained = drain();
    await vi.advanceTimersByTimeAsync(4400);
    expect(isCut()).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(isCut()).toBe(true);
    await drained;
  });

  it.each([65_000, 0])(
    'answers on a connection that was idle for 20 s of its %d ms (0: kept for ever)',
    async (kept) => {
      const { ask, drain, isCut } = await watched(http(kept));
      await ask(request);
      vi.advanceTimersByTime(20_000);
      const drained = drain();
      await vi.advanceTimersByTimeAsync(drainMs - 1000);
      expect(isCut()).toBe(false);
      expect(await ask(request)).toMatch(/Connection: close[^]*hello/);
      await drained;
    },
  );

  it('closes a connection to an HTTP server on which nothing ever came', async () => {
    const { drain, isCut } = await watched(http());
    vi.advanceTimersByTime(60_000);
    void drain();
    await vi.advanceTimersByTimeAsync(100);
    expect(isCut()).toBe(true);
  });

  it('leaves the first half of a request its time', async () => {
    const { client, served, ask, drain, isCut } = await watched(http());
    client.write(request.slice(0, 20));
    while (served.bytesRead === 0) await setImmediate();
    vi.advanceTimersByTime(60_000);
    void drain();
    await vi.advanceTimersByTimeAsync(drainMs - 100);
    expect(isCut()).toBe(false);
    expect(await ask(request.slice(20))).toContain('hello');
  });
});
