import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { createJobs } from '../jobs.ts';

it('a result that could not be kept is not told of the next run with the same key', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'own-runs-'));
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
  const gate = join(stateDir, 'gate');
  const jobs = createJobs({ stateDir, keeper: false, graceMs: 0 });
  const command = ['/bin/sh', '-c', `until [ -e ${gate} ]; do sleep 0.02; done; echo 1`];
  const context = await jobs.createContext({ command });
  const first = await jobs.executeBackground(context, { key: 'k' });
  const waiting = jobs.wait(first);
  // Nothing can be written in place of it, as on a full disk.
  rmSync(join(stateDir, 'runs', first.id, 'run.jsonl'));
  writeFileSync(gate, '');
  expect(await waiting).toMatchObject({ status: 'completed', output: 1 });
  await jobs.destroy(first);
  expect(existsSync(join(stateDir, 'runs', first.id))).toBe(false);
  rmSync(gate);
  const second = await jobs.executeBackground(context, { key: 'k' });
  expect(second).toEqual(first);
  const { status } = await jobs.status(second);
  expect(['pending', 'running']).toContain(status);
  expect(await jobs.cancel(second)).toMatchObject({ status: 'cancelled' });
  expect(await jobs.wait(second)).toMatchObject({ status: 'cancelled' });
  await jobs.close();
});
