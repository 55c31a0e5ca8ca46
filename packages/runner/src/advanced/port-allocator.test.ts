import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { portsRange } from '@project-runner/ports-range';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { PortAllocator } from './port-allocator.ts';

function tempFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'allocator-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function allocator(start: number, end: number, leaseDir = tempFolder()): PortAllocator {
  return new PortAllocator({ start, end }, portsRange({ start, end, leaseDir }));
}

async function listen(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
}

describe('PortAllocator', () => {
  it('hands out each port once, and again when it was given back', async () => {
    const ports = allocator(23_100, 23_102);
    const given = await Promise.all([ports.allocate(), ports.allocate(), ports.allocate()]);
    expect(given.toSorted()).toEqual([23_100, 23_101, 23_102]);
    expect(ports.getAllocatedPorts()).toEqual([23_100, 23_101, 23_102]);
    expect(ports.getAvailableCount()).toBe(0);
    await expect(ports.allocate()).rejects.toMatchObject({ code: 'PORTS_EXHAUSTED' });
    await ports.release(23_101);
    await ports.release(23_101);
    expect([ports.isAllocated(23_101), ports.getAvailableCount()]).toEqual([false, 1]);
    expect(await ports.allocate()).toBe(23_101);
  });

  it('gives the preferred port, in its range or not, and another one where it is busy', async () => {
    const ports = allocator(23_110, 23_112);
    await listen(23_112);
    expect(await ports.allocate(23_111)).toBe(23_111);
    expect(await ports.allocate(23_111)).toBe(23_110);
    expect(await ports.allocate(23_115)).toBe(23_115);
    await ports.release(23_110);
    expect(await ports.allocate(23_112)).toBe(23_110);
    await ports.release(23_110);
    expect(await ports.allocate(70_000)).toBe(23_110);
  });

  it('leaves alone what another allocator or another process leased', async () => {
    const dir = tempFolder();
    const module = fileURLToPath(new URL('port-allocator.ts', import.meta.url));
    const script = `
      const { PortAllocator } = await import(${JSON.stringify(module)});
      console.log(await new PortAllocator({ start: 23120, end: 23122 }).allocate());
      setInterval(() => {}, 1000);`;
    // The leases of the default strategy are in the user's state folder.
    vi.stubEnv('XDG_STATE_HOME', dir).stubEnv('HOME', dir);
    onTestFinished(() => void vi.unstubAllEnvs());
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [printed] = (await once(child.stdout, 'data')) as [Buffer];
    const range = { start: 23_120, end: 23_122 };
    const [one, two] = [new PortAllocator(range), new PortAllocator(range)];
    const ports = [Number(printed.toString()), await one.allocate(), await two.allocate()];
    expect(ports.toSorted()).toEqual([23_120, 23_121, 23_122]);
    await two.release(ports[1] ?? 0);
    await expect(two.allocate()).rejects.toMatchObject({ code: 'PORTS_EXHAUSTED' });
  });

  it('names a strategy that breaks, and refuses a range that is none', async () => {
    const broken = new PortAllocator(undefined, {
      kind: 'port-strategy',
      name: 'own',
      apiVersion: 1,
      acquire: () => Promise.reject(new Error('the registry is down')),
    });
    await expect(broken.allocate()).rejects.toMatchObject({
      code: 'PLUGIN_FAILED',
      plugin: 'port-strategy:own',
    });
    expect(broken.getAvailableCount()).toBe(0);
    expect(() => new PortAllocator({ start: 2, end: 1 })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });
});
