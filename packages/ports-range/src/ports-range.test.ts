import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it, onTestFinished } from 'vitest';

import { portsRange } from './ports-range.ts';

const never = new AbortController().signal;
const request = { exclude: [], owner: 'test' };

function leaseDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'leases-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function hold(port: number, host: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  onTestFinished(() => void server.close());
}

/** Leases ports in a process of its own that holds them until the test ends. */
async function holdInChild(
  dir: string,
  start: number,
  end: number,
  count: number,
): Promise<{ holder: ChildProcess; ports: number[] }> {
  const child = fileURLToPath(new URL('fixtures/acquire-many.ts', import.meta.url));
  const args = [child, dir, start, end, count].map(String);
  const holder = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void holder.kill('SIGKILL'));
  const [text] = (await once(holder.stdout, 'data')) as [Buffer];
  return { holder, ports: JSON.parse(text.toString()) as number[] };
}

describe('portsRange', () => {
  it('hands the last port out last', async () => {
    const ports = portsRange({ start: 22_100, end: 22_102, last: [22_100], leaseDir: leaseDir() });
    const leases = [
      await ports.acquire(request, never),
      await ports.acquire(request, never),
      await ports.acquire(request, never),
    ];
    expect(leases.map((lease) => lease.port)).toEqual([22_101, 22_102, 22_100]);
    expect(ports.stats?.()).toEqual({ allocated: [22_100, 22_101, 22_102], available: 0 });
    await expect(ports.acquire(request, never)).rejects.toMatchObject({ code: 'PORTS_EXHAUSTED' });
    for (const lease of leases) await lease.release();
    expect(ports.stats?.()).toEqual({ allocated: [], available: 3 });
  });

  it.each(['127.0.0.1', '::1', '0.0.0.0'])('passes over a port that is held on %s', async (host) => {
    await hold(22_110, host);
    const ports = portsRange({ start: 22_110, end: 22_111, leaseDir: leaseDir() });
    expect((await ports.acquire(request, never)).port).toBe(22_111);
  });

  it('gives 50 calls at once 50 ports', async () => {
    const ports = portsRange({ start: 22_120, end: 22_169, leaseDir: leaseDir() });
    const leases = await Promise.all(Array.from({ length: 50 }, () => ports.acquire(request, never)));
    expect(new Set(leases.map((lease) => lease.port)).size).toBe(50);
  });

  it('gives four processes that ask for 40 each at once 160 ports', async () => {
    const dir = leaseDir();
    const held = await Promise.all([1, 2, 3, 4].map(() => holdInChild(dir, 22_300, 22_499, 40)));
    const ports = held.flatMap(({ ports: leased }) => leased);
    expect(ports).toHaveLength(160);
    expect(new Set(ports).size).toBe(160);
  });

  it('takes over the lease of a process that was killed, and of a damaged file', async () => {
    const dir = leaseDir();
    const { holder } = await holdInChild(dir, 22_500, 22_500, 1);
    const ports = portsRange({ start: 22_500, end: 22_500, leaseDir: dir });
    await expect(ports.acquire({ ...request, port: 22_500 }, never)).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
      message: expect.stringContaining(
        `pid ${holder.pid} has it, leased by process ${holder.pid} at`,
      ) as string,
    });
    const gone = new Promise((resolve) => holder.once('exit', resolve));
    holder.kill('SIGKILL');
    await gone;
    const lease = await ports.acquire(request, never);
    expect(lease.port).toBe(22_500);
    await lease.release();
    writeFileSync(join(dir, '22500.9.json'), '{"pid":');
    expect((await ports.acquire(request, never)).port).toBe(22_500);
  });

  it('leases a port that its own server holds already, for a runner that adopts it', async () => {
    await hold(22_510, '127.0.0.1');
    const ports = portsRange({ start: 22_510, end: 22_510, leaseDir: leaseDir() });
    await expect(ports.acquire({ ...request, port: 22_510 }, never)).rejects.toThrowError(/not free/);
    expect((await ports.acquire({ ...request, port: 22_510, held: true }, never)).port).toBe(22_510);
    await expect(ports.acquire({ ...request, port: 22_510, held: true }, never)).rejects.toThrowError(
      /test has it, leased by this process at \d{4}-/,
    );
  });

  it.each([0, 65_536, 1.5, Number.NaN])('refuses port %s', async (port) => {
    await expect(
      portsRange({ leaseDir: leaseDir() }).acquire({ ...request, port }, never),
    ).rejects.toMatchObject({ code: 'PORT_UNAVAILABLE' });
  });

  it('refuses a wrong range, before it touches the disk', () => {
    const dir = join(tmpdir(), 'never-made-by-ports-range');
    expect(() => portsRange({ start: 10, end: 5, leaseDir: dir })).toThrowError(
      /start <= end; found 10 and 5/,
    );
    expect(existsSync(dir)).toBe(false);
  });
});
