import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, it, onTestFinished } from 'vitest';

import { createJobs } from '../jobs.ts';
import { openRunStore } from '../store/run-store.ts';
import { tellStopFailure } from '../store/stop-failure.ts';

const run = promisify(execFile);

it.runIf(process.platform === 'linux')(
  'a process without a file left names fewer means of the limits, and lives on',
  async () => {
    const dir = mkdtempSync(join(tmpdir(), 'end-attempt-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const script = fileURLToPath(new URL('fixtures/end-without-files.ts', import.meta.url));
    const limited = ['-c', 'ulimit -n 100; exec "$@"', 'sh', process.execPath, script, join(dir, 'run')];
    const { stdout } = await run('sh', limited);
    expect(JSON.parse(stdout)).toEqual({
      exit: { code: 0, signal: null },
      inForce: { memoryBytes: { value: 2 ** 30, by: ['watch'] }, cpus: { value: 1, by: [] } },
    });
  },
);

it('what an earlier owner could not stop is not told of a run that goes on', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'end-attempt-'));
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
  const gate = join(stateDir, 'gate');
  const options = { stateDir, keeper: false, graceMs: 0 };
  const first = createJobs(options);
  const command = ['/bin/sh', '-c', `until [ -e ${gate} ]; do sleep 0.02; done; echo 1`];
  const handle = await first.executeBackground(await first.createContext({ command }));
  await expect.poll(() => first.status(handle), { timeout: 10_000 }).toMatchObject({ status: 'running' });
  await first.close();
  const files = openRunStore(stateDir).files(handle.id);
  tellStopFailure(files, '123456 (sleep) survived');
  const second = createJobs(options);
  const waiting = second.wait(handle);
  await expect.poll(() => existsSync(files.stopFailed), { timeout: 5000 }).toBe(false);
  expect(await second.status(handle)).toMatchObject({ status: 'running', stopFailure: null });
  writeFileSync(gate, '');
  expect(await waiting).toMatchObject({ status: 'completed', output: 1 });
  await second.close();
});
