import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { createJobs } from '../jobs.ts';
import { isOwned } from '../store/run-owner.ts';
import { openRunStore } from '../store/run-store.ts';
import { keepRuns } from './keep-runs.ts';
import { takeKeeperLease } from './keeper-lease.ts';

it('tries again where it cannot write, and past a run that cannot be read', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'keeper-'));
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
  const caller = createJobs({ stateDir, keeper: false });
  const handle = await caller.executeBackground(await caller.createContext({ command: 'echo 1' }));
  await caller.close();
  mkdirSync(join(stateDir, 'runs', 'odd', 'run.jsonl'), { recursive: true });
  // Nothing can be made in it, as on a full disk.
  writeFileSync(join(stateDir, 'keeper'), '');
  const keeping = keepRuns({ stateDir });
  rmSync(join(stateDir, 'keeper'));
  await keeping;
  const later = createJobs({ stateDir, keeper: false });
  expect(await later.status(handle)).toMatchObject({ status: 'completed' });
  await later.close();
});

it('looks again at a key whose run has ended, and was removed and asked for anew', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'keeper-'));
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
  const store = openRunStore(stateDir);
  const gate = join(stateDir, 'gate');
  const until = ['/bin/sh', '-c', `until [ -e ${gate} ]; do sleep 0.02; done; echo 1`];
  const caller = createJobs({ stateDir, keeper: false });
  const keyed = await caller.createContext({ command: 'echo 1' });
  const handle = await caller.executeBackground(keyed, { key: 'k' });
  await caller.wait(handle);
  const other = await caller.executeBackground(await caller.createContext({ command: until }));
  await caller.close();
  const keeping = keepRuns({ stateDir });
  const isKept = (): boolean => {
    const record = store.read(other.id);
    return record !== null && isOwned(record, store.files(other.id));
  };
  await expect.poll(isKept, { timeout: 10_000 }).toBe(true);
  const later = createJobs({ stateDir, keeper: false });
  await later.destroy(handle);
  expect(await later.executeBackground(keyed, { key: 'k' })).toEqual(handle);
  await later.close();
  try {
    const { marker } = store.read(handle.id) ?? {};
    expect(marker).toEqual(expect.any(String));
    await expect
      .poll(() => store.read(handle.id), { timeout: 10_000 })
      .toMatchObject({ marker, result: { status: expect.any(String) as string } });
  } finally {
    writeFileSync(gate, '');
    await keeping;
  }
});

it('leaves where there is another keeper, whatever that one cannot take over', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'keeper-'));
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
  const gate = join(stateDir, 'gate');
  const caller = createJobs({ stateDir, keeper: false });
  const command = ['/bin/sh', '-c', `until [ -e ${gate} ]; do sleep 0.02; done; echo 1`];
  const handle = await caller.executeBackground(await caller.createContext({ command }));
  await caller.close();
  const release = takeKeeperLease(stateDir);
  expect(release).not.toBeNull();
  await keepRuns({ stateDir });
  const later = createJobs({ stateDir, keeper: false });
  expect(await later.status(handle)).toMatchObject({ status: 'running' });
  release?.();
  writeFileSync(gate, '');
  expect(await later.wait(handle)).toMatchObject({ status: 'completed' });
  await later.close();
});
