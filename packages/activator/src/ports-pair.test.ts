import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { testPortStrategy } from '@project-runner/conformance';
import { portsRange } from '@project-runner/ports-range';
import { describe, expect, it, onTestFinished } from 'vitest';

import { portsPair } from './ports-pair.ts';

const never = new AbortController().signal;
const request = { exclude: [], owner: 'test' };
const shared = mkdtempSync(join(tmpdir(), 'pairs-'));

function leaseDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'pairs-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function hold(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
}

describe('conformance', () => {
  testPortStrategy(it, { create: () => portsPair({ start: 22_600, end: 22_640, leaseDir: shared }) });
});

describe('portsPair', () => {
  it('leases two ports in a row and tells both', async () => {
    const ports = portsPair({ start: 22_700, end: 22_704, leaseDir: leaseDir() });
    const lease = await ports.acquire(request, never);
    expect(lease).toMatchObject({
      port: 22_700,
      env: { PORT: '22700', API_SERVER_PORT: '22701', SKILL_SERVER_PORT: '22701' },
    });
    expect((await ports.acquire(request, never)).port).toBe(22_702);
    expect(ports.stats?.()).toEqual({ allocated: [22_700, 22_701, 22_702, 22_703], available: 0 });
    // 22704 has no neighbour in the range.
    await expect(ports.acquire(request, never)).rejects.toMatchObject({ code: 'PORTS_EXHAUSTED' });
    await lease.release();
    await lease.release();
    expect((await ports.acquire(request, never)).port).toBe(22_700);
  });

  it('has the variables that are asked for', async () => {
    const env = { AGENT_PORT: 'first', API: 'second' } as const;
    const ports = portsPair({ start: 22_710, end: 22_711, leaseDir: leaseDir(), env });
    expect((await ports.acquire(request, never)).env).toEqual({ AGENT_PORT: '22710', API: '22711' });
  });

  it.each([22_720, 22_721])('passes over a pair of which port %i is taken', async (taken) => {
    await hold(taken);
    const ports = portsPair({ start: 22_720, end: 22_723, leaseDir: leaseDir() });
    expect((await ports.acquire(request, never)).port).toBe(22_722);
  });

  it('shares neither port with another strategy, and leaves none behind that it could not use', async () => {
    const dir = leaseDir();
    const other = portsRange({ start: 22_731, end: 22_731, leaseDir: dir });
    const theirs = await other.acquire(request, never);
    const ports = portsPair({ start: 22_730, end: 22_731, leaseDir: dir });
    await expect(ports.acquire(request, never)).rejects.toMatchObject({ code: 'PORTS_EXHAUSTED' });
    await expect(ports.acquire({ ...request, port: 22_730 }, never)).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
    });
    await theirs.release();
    await ports.acquire(request, never);
    await expect(other.acquire(request, never)).rejects.toMatchObject({ code: 'PORTS_EXHAUSTED' });
  });

  it('tells whether the second port was taken meanwhile', async () => {
    const ports = portsPair({ start: 22_824, end: 22_825, leaseDir: leaseDir() });
    const lease = await ports.acquire(request, never);
    expect(lease.ports).toEqual([22_824, 22_825]);
    expect(await lease.isFree?.()).toBe(true);
    await hold(22_825);
    expect(await lease.isFree?.()).toBe(false);
  });

  it('gives 40 calls at once 40 pairs', async () => {
    const ports = portsPair({ start: 22_740, end: 22_819, leaseDir: leaseDir() });
    const leases = await Promise.all(Array.from({ length: 40 }, () => ports.acquire(request, never)));
    expect(new Set(leases.flatMap(({ port }) => [port, port + 1])).size).toBe(80);
    await Promise.all(leases.map((lease) => lease.release()));
    expect(ports.stats?.()).toEqual({ allocated: [], available: 40 });
  });

  it('leases both ports of a server that an earlier runner started', async () => {
    await hold(22_820);
    const ports = portsPair({ start: 22_820, end: 22_821, leaseDir: leaseDir() });
    expect((await ports.acquire({ ...request, port: 22_820, held: true }, never)).port).toBe(22_820);
  });

  it.each([
    [{ start: 10, end: 10 }, /needs two ports; found 10 only/],
    [{ start: 10, end: 5 }, /start <= end; found 10 and 5/],
  ])('refuses %j', (range, message) => {
    expect(() => portsPair(range)).toThrow(message);
  });
});
