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
