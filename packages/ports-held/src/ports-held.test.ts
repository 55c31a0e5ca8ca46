import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { PortLease, PortRequest, PortStrategyPlugin } from '@project-runner/core';
import { describe, expect, it, onTestFinished } from 'vitest';

import { bindSocket } from './bind-socket.ts';
import { portsHeld } from './ports-held.ts';

const { signal } = new AbortController();

function desk(options: Parameters<typeof portsHeld>[0] = {}): {
  strategy: PortStrategyPlugin;
  acquire(request?: Partial<PortRequest>): Promise<PortLease>;
  dir: string;
} {
  const dir = mkdtempSync(join(tmpdir(), 'held-'));
  const strategy = portsHeld({ start: 22_650, end: 22_659, leaseDir: dir, ...options });
  const leases: PortLease[] = [];
  onTestFinished(async () => {
    for (const lease of leases) await lease.release();
    rmSync(dir, { recursive: true });
  });
  return {
    strategy,
    dir,
    async acquire(request = {}) {
      const lease = await strategy.acquire({ exclude: [], owner: 'test', ...request }, signal);
      leases.push(lease);
      return lease;
    },
  };
}

function outcome(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve('accepted'));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    onTestFinished(() => void socket.destroy());
  });
}

/** A Node process that takes the held socket. */
function start(lease: PortLease, dir: string, standby: boolean, code: string) {
  const held = lease.hold?.();
  if (!held) throw new Error('the socket is not held');
  const prepared = held.prepare({ fd: 3, socketPath: join(dir, `http-${Math.random()}`), standby });
  const child: ChildProcess = spawn(process.execPath, [...prepared.args, '-e', code], {
    env: { ...prepared.env, PORT: String(lease.port) },
    stdio: ['ignore', 'pipe', 'inherit', ...held.fds],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, prepared };
}

const listens = `
  const { createServer } = require('node:net');
  createServer((socket) => socket.end('hello')).listen(process.env.PORT, () => console.log('listening'));`;

describe('portsHeld', () => {
  it('gives the servers of one key one port, until the last one gave it back', async () => {
    const { strategy, acquire } = desk();
    const first = await acquire({ share: 'shop' });
    first.hold?.();
    const second = await acquire({ share: 'shop' });
    const other = await acquire({ share: 'blog' });
    expect(second.port).toBe(first.port);
    expect(other.port).not.toBe(first.port);
    await first.release();
    await first.release();
    expect((await acquire({ share: 'shop' })).port).toBe(first.port);
    await second.release();
    expect(strategy.stats?.().allocated).toEqual([first.port, other.port]);
  });

  it('gives another port where the shared one is excluded, or another one is wanted', async () => {
    const { acquire } = desk();
    const first = await acquire({ share: 'shop' });
    first.hold?.();
    expect((await acquire({ share: 'shop', port: 22_659 })).port).toBe(22_659);
    expect((await acquire({ share: 'shop', exclude: [first.port, 22_659] })).port).not.toBe(first.port);
  });

  it('says why it cannot share the port of a server that was taken over, and what to do', async () => {
    const { acquire } = desk();
    const adopted = await acquire({ share: 'shop', port: 22_650, held: true });
    const wanted = { share: 'shop', port: 22_650 };
    await expect(acquire(wanted)).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
      message: expect.stringMatching(/^Port 22650 is not free: .* this runner does not hold/) as string,
      hint: expect.stringMatching(/^Stop that server, then deploy; or deploy without a fixed port/) as string,
    });
    expect((await acquire({ share: 'shop' })).port).not.toBe(22_650);
    // It was started again.
    adopted.hold?.();
    expect((await acquire(wanted)).port).toBe(22_650);
  });

  it('comes back to the port that serves when a second one was given up, or is there, too', async () => {
    const { acquire } = desk();
    const serving = await acquire({ share: 'shop' });
    serving.hold?.();
    const failed = await acquire({ share: 'shop', exclude: [serving.port] });
    failed.hold?.();
    expect(failed.port).not.toBe(serving.port);
    expect((await acquire({ share: 'shop' })).port).toBe(serving.port);
    expect((await acquire({ share: 'shop', exclude: [serving.port] })).port).toBe(failed.port);
    await failed.release();
    expect((await acquire({ share: 'shop' })).port).toBe(serving.port);
  });

  it('does not share a port whose socket an earlier runner has', async () => {
    const { acquire } = desk();
    const adopted = await acquire({ share: 'shop', port: 22_655, held: true });
    expect((await acquire({ share: 'shop' })).port).not.toBe(22_655);
    expect((await acquire({ share: 'blog', port: 22_656, held: true })).port).toBe(22_656);
    expect((await acquire({ share: 'blog', port: 22_656, held: true })).port).toBe(22_656);
    expect(adopted.hold?.()?.fds).toHaveLength(2);
  });

  it('tells once why a socket cannot be held', async () => {
    const warnings: string[] = [];
    const quiet = (): void => undefined;
    const logger = { debug: quiet, info: quiet, error: quiet, warn: (text: string) => warnings.push(text) };
    const { acquire } = desk({ logger });
    const lease = await acquire({ share: 'shop' });
    const stranger = createServer();
    onTestFinished(() => void stranger.close());
    await once(stranger.listen(lease.port, '127.0.0.1'), 'listening');
    expect([lease.hold?.(), lease.hold?.()]).toEqual([null, null]);
    expect(warnings).toEqual([
      expect.stringMatching(`Port ${lease.port} is leased without being held.*failed with error 98`),
    ]);
  });

  it.each([-1, 1.5, Number.NaN, '5'])('refuses %s as drainMs', (drainMs) => {
    expect(() => portsHeld({ drainMs: drainMs as number })).toThrowError(/drainMs must be a whole number/);
  });
});

describe('a held socket', () => {
  it('queues clients while nobody is there, and refuses them when it is given back', async () => {
    const { acquire, dir } = desk();
    const lease = await acquire({ share: 'shop' });
    const { child } = start(lease, dir, false, listens);
    await once(child.stdout ?? child, 'data');
    expect(await outcome(lease.port)).toBe('accepted');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await outcome(lease.port)).toBe('accepted');
    await lease.release();
    expect(await outcome(lease.port)).toBe('ECONNREFUSED');
  });

  it('is not accepted from by a second server before it is activated', async () => {
    const { acquire, dir } = desk();
    const lease = await acquire({ share: 'shop' });
    const first = start(lease, dir, true, listens);
    await once(first.child.stdout ?? first.child, 'data');
    const second = start(await acquire({ share: 'shop' }), dir, true, listens);
    await once(second.child.stdout ?? second.child, 'data');
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const client = connect(lease.port, '127.0.0.1');
    let heard = '';
    client.on('data', (chunk) => (heard += String(chunk)));
    await once(client, 'connect');
    // It may be over before the answer to the order is here.
    const closed = once(client, 'close');
    await second.prepared.activate(signal);
    await closed;
    expect(heard).toBe('hello');
    await expect(second.prepared.activate(signal)).rejects.toThrow();
  });

  it('says that it cannot be bound, in words', () => {
    const bound = bindSocket('127.0.0.1', 22_658);
    expect(bound).toMatchObject({ fd: expect.any(Number) as number });
    if (typeof bound !== 'string') bound.close();
    expect(bindSocket('127.0.0.1', 22_658, 'none')).toMatch(/cannot bind a socket without listening/);
    expect(bindSocket('192.0.2.1', 22_658)).toMatch(/binding 192.0.2.1:22658 failed with error/);
  });

  it('is not taken by a process that has another descriptor of that number', async () => {
    const { acquire, dir } = desk();
    const lease = await acquire({ share: 'shop' });
    const held = lease.hold?.();
    const prepared = held?.prepare({ fd: 3, socketPath: join(dir, 'http'), standby: false });
    const child = spawn(process.execPath, [...(prepared?.args ?? []), '-e', listens], {
      env: { ...prepared?.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit', 'ignore', 'ignore'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout ?? child, 'data');
    expect(await outcome(lease.port)).toBe('ECONNREFUSED');
  });
});
