import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { portsRange } from './ports-range.ts';
import { surveyPorts } from './survey-ports.ts';

it('tells who has the ports of a range, and takes none', async () => {
  const leaseDir = mkdtempSync(join(tmpdir(), 'survey-'));
  onTestFinished(() => rmSync(leaseDir, { recursive: true, force: true }));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(22_603, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
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
