import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { createJobs } from '../jobs.ts';
import { keepRuns } from './keep-runs.ts';

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
