import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import type { ObservabilityStorage } from '@project-runner/core';
import { expect, it, onTestFinished } from 'vitest';

import { createLogBatch } from './log-batch.ts';
import { storageSink } from './storage-sink.ts';

const session = { serverId: 's', deploymentId: 'd', projectId: '', buildId: 'b' };
const batch = (count: number, sequence: number) =>
  createLogBatch({
    stream: 'stdout',
    time: new Date(0),
    bytes: Buffer.from('line\n'.repeat(count)),
    count,
    sequence,
  });

async function folderStorage(): Promise<{
  dir: string;
  storage: ObservabilityStorage;
  state: { broken: boolean };
}> {
  const dir = await mkdtemp(join(tmpdir(), 'storage-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const state = { broken: false };
  const storage: ObservabilityStorage = {
    async write(path, content) {
      if (state.broken) throw new Error('storage is down');
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), content, { flag: 'wx' });
    },
  };
  return { dir: join(dir, 'logs/_/d/s'), storage, state };
}

it('writes JSON lines, a file for every 1000 lines and one at the end', async () => {
  const { dir, storage } = await folderStorage();
  const writer = await storageSink(() => storage).open(session);
  await writer.write(batch(600, 1));
  await writer.write(batch(600, 601));
  await writer.write(batch(1, 1201));
  await writer.close();
  expect((await readdir(dir)).toSorted()).toEqual(['000000000001.jsonl', '000000001201.jsonl']);
  expect(JSON.parse(await readFile(join(dir, '000000001201.jsonl'), 'utf8'))).toEqual({
    id: '1201',
    timestamp: '1970-01-01T00:00:00.000Z',
    stream: 'stdout',
    line: 'line',
  });
});

it('holds what the storage refuses, up to a bound, and writes it later', async () => {
  const { dir, storage, state } = await folderStorage();
  const writer = await storageSink(() => storage).open(session);
  state.broken = true;
  await writer.write(batch(10_000, 1));
  await expect(writer.write(batch(1, 10_001))).rejects.toThrow('storage is down');
  state.broken = false;
  await writer.write(batch(1, 10_002));
  await writer.close();
  const held = await readFile(join(dir, '000000000001.jsonl'), 'utf8');
  expect(held.split('\n').length - 1).toBe(10_000);
  expect(await readFile(join(dir, '000000010002.jsonl'), 'utf8')).toContain('"id":"10002"');
});

it('keeps nothing without a storage', async () => {
  const writer = await storageSink(() => undefined).open(session);
  await writer.write(batch(2000, 1));
  await expect(Promise.resolve(writer.close())).resolves.toBeUndefined();
});
