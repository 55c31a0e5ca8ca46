import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { createJobs } from '../jobs.ts';
import { releaseRun } from '../store/run-owner.ts';
import { openRunStore } from '../store/run-store.ts';

function testFolder(): string {
  const stateDir = mkdtempSync(join(tmpdir(), 'supervise-run-'));
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
  return stateDir;
}

it('a result that its owner was killed over, before it was surely on the disk, stays what it is', async () => {
  const stateDir = testFolder();
  const options = { stateDir, keeper: false };
  const first = createJobs(options);
  const handle = await first.executeBackground(await first.createContext({ command: '/no/such/program' }));
  const result = await first.wait(handle);
  expect(result).toMatchObject({ status: 'failed', error: { code: 'SPAWN_FAILED' } });
  await first.close();
  const files = openRunStore(stateDir).files(handle.id);
  const text = readFileSync(files.record, 'utf8');
  writeFileSync(files.record, `${text.slice(0, -1)} `);
  releaseRun(files);
  const second = createJobs(options);
  expect(await second.wait(handle)).toEqual(result);
  await second.close();
  expect(readFileSync(files.record, 'utf8')).toBe(text);
});

it('who takes over a run that was to be stopped for its memory stops it', async () => {
  const stateDir = testFolder();
  const options = { stateDir, keeper: false };
  const first = createJobs(options);
  const spec = { command: 'sleep 5', limits: { memoryBytes: 2 ** 30 } };
  const handle = await first.executeBackground(await first.createContext(spec));
  await expect.poll(() => first.status(handle), { timeout: 10_000 }).toMatchObject({ status: 'running' });
  await first.close();
  writeFileSync(openRunStore(stateDir).files(handle.id).stop('memory'), '');
  const second = createJobs(options);
  expect(await second.wait(handle)).toMatchObject({
    status: 'failed',
    error: { code: 'JOB_LIMIT_EXCEEDED', exitCode: null, signal: 'SIGTERM' },
  });
  await second.close();
});
