import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { LaunchSpec, ProcessHandle } from '@project-runner/core';
import { expect, it, onTestFinished } from 'vitest';

import { hasProc } from './has-proc.ts';
import { launcherLocal } from './launcher-local.ts';
import { lookAtRun } from './look-at-run.ts';

async function launch(
  code: string,
  changes: Partial<LaunchSpec> = {},
): Promise<ProcessHandle & { dir: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'account-'));
  const handle = await launcherLocal().launch({
    id: randomUUID(),
    file: process.execPath,
    args: ['-e', code],
    cwd: dir,
    env: { PATH: process.env.PATH ?? '' },
    ipc: false,
    dir: join(dir, 'run'),
    onOutput: () => undefined,
    ...changes,
  });
  onTestFinished(async () => {
    await handle.stop({ graceMs: 0 });
    await handle.closed;
    rmSync(dir, { recursive: true, force: true });
  });
  return { ...handle, dir: join(dir, 'run') };
}

const busy = (ms: number): string =>
  `const { cpuUsage } = process; while (cpuUsage().user + cpuUsage().system < ${ms * 1000});`;

it('tells what a process used, and when it ended, also to who adopts it', async () => {
  const before = Date.now();
  const handle = await launch(busy(300));
  expect(handle.account?.()).toBeNull();
  await handle.exited;
  const account = handle.account?.();
  expect(account?.cpuMs).toBeGreaterThanOrEqual(280);
  expect(account?.cpuMs).toBeLessThan(3000);
  expect(account?.endedAt).toBeGreaterThan(before + 250);
  expect(account?.peakMemoryBytes).toBeNull();
  const adopted = await launcherLocal().adopt?.({
    id: randomUUID(),
    ref: null,
    dir: handle.dir,
    from: { stdout: 0, stderr: 0 },
    onOutput: () => undefined,
  });
  await adopted?.closed;
  expect(adopted?.account?.()).toMatchObject({ cpuMs: account?.cpuMs, endedAt: account?.endedAt });
});

it.skipIf(!hasProc)('finds what was left behind, and only that', async () => {
  const clean = await launch('');
  await clean.exited;
  expect(clean.leftBehind?.()).toBe(false);

  const child = `require('node:child_process').spawn('sleep', ['60'], { detached: true, stdio: 'ignore' }).unref()`;
  const dirty = await launch(child);
  await dirty.exited;
  expect(dirty.leftBehind?.()).toBe(true);
  await dirty.stop({ graceMs: 1000 });
  expect(dirty.leftBehind?.()).toBe(false);
});

it('looks at a run without taking it over', async () => {
  const handle = await launch('setInterval(() => {}, 1000)');
  expect(lookAtRun(handle.dir)).toMatchObject({ isAlive: true, exit: null, ref: { pid: handle.ref.pid } });
  await handle.stop({ graceMs: 1000 });
  expect(lookAtRun(handle.dir)).toMatchObject({ isAlive: false, exit: { code: null, signal: 'SIGTERM' } });
  expect(lookAtRun(join(handle.dir, 'nothing'))).toBeNull();
});

it('makes no control group for a process that is over soon', async () => {
  const handle = await launch('');
  await handle.closed;
  expect(statSync(join(handle.dir, 'cgroup'), { throwIfNoEntry: false })).toBeUndefined();
});
