import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { portsRange } from './ports-range.ts';
import { portsOfSockets } from './ports-of-sockets.ts';
import { surveyPorts, surveyWith } from './survey-ports.ts';

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'survey-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function hold(...ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
  }
}

it('tells who has the ports of a range, and takes none', async () => {
  const leaseDir = folder();
  await hold(22_603);
  const range = { start: 22_600, end: 22_604 };
  const ports = portsRange({ ...range, leaseDir });
  const lease = await ports.acquire({ exclude: [], owner: 'a server' }, new AbortController().signal);
  const before = readdirSync(leaseDir);
  expect(await surveyPorts(range, leaseDir)).toEqual({
    looked: 5,
    free: 3,
    leased: [{ port: lease.port, owner: 'a server', pid: process.pid }],
    busy: [22_603],
  });
  expect(readdirSync(leaseDir)).toEqual(before);
  await lease.release();
  expect(await surveyPorts(range, leaseDir)).toMatchObject({ free: 4, leased: [] });
});

describe('a range that is too large to try each port', () => {
  const sockets = portsOfSockets;
  const never = (): null => null;

  it.runIf(process.platform === 'linux')(
    'is looked at as a whole where the system tells sockets',
    async () => {
      const leaseDir = folder();
      await hold(22_613);
      const range = { start: 22_610, end: 22_619 };
      const ports = portsRange({ ...range, leaseDir });
      const lease = await ports.acquire(
        { exclude: [], port: 22_619, owner: 'me' },
        new AbortController().signal,
      );
      expect(await surveyWith(range, { leaseDir, sockets, maxTried: 2 })).toEqual({
        looked: 10,
        free: 8,
        leased: [{ port: lease.port, owner: 'me', pid: process.pid }],
        busy: [22_613],
      });
      await lease.release();
    },
  );

  it.runIf(process.platform === 'linux')(
    'tries the ports of connections, which may be had again',
    async () => {
      const [ended, none] = [22_615, new Set<number>()];
      const asked = await surveyWith(
        { start: ended, end: ended + 1 },
        { leaseDir: folder(), sockets: () => ({ listening: none, others: new Set([ended]) }), maxTried: 1 },
      );
      expect(asked).toMatchObject({ looked: 2, free: 2 });
    },
  );

  it('is tried here and there elsewhere, and further where those are taken', async () => {
    const range = { start: 22_620, end: 22_631 };
    const means = { leaseDir: folder(), sockets: never, maxTried: 4 };
    expect(await surveyWith(range, means)).toEqual({ looked: 4, free: 4, leased: [], busy: [] });
    await hold(22_620, 22_623, 22_626, 22_629);
    expect(await surveyWith(range, means)).toEqual({
      looked: 7,
      free: 3,
      leased: [],
      busy: [22_620, 22_623, 22_626, 22_629],
    });
    const taken = { start: 22_632, end: 22_635 };
    await hold(22_632, 22_633, 22_634, 22_635);
    expect(await surveyWith(taken, { ...means, maxTried: 2 })).toMatchObject({ looked: 4, free: 0 });
  });
});
