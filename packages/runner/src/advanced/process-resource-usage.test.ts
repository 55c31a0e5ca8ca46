import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { expect, it, onTestFinished } from 'vitest';

import { cleanupResourceMonitor, getProcessResourceUsage } from './process-resource-usage.ts';

const gone = { memoryUsageMb: null, cpuPercent: null };

/** Runs a script that prints when it is where the test wants it. */
async function run(script: string): Promise<{ child: ChildProcess; pid: number }> {
  const child = spawn(process.execPath, ['-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('not started');
  onTestFinished(() => {
    cleanupResourceMonitor(pid);
    if (child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGKILL');
  });
  await once(child.stdout, 'data');
  return { child, pid };
}

const burn = (ms: number): string => `for (const t = Date.now(); Date.now() - t < ${ms};);`;
const idle = "setInterval(() => {}, 1000); console.log('there');";

it('measures what a process uses now, not what it used to start', async () => {
  const { pid } = await run(burn(500) + idle);
  const usage = await getProcessResourceUsage(pid);
  expect(Number.isInteger(usage.memoryUsageMb)).toBe(true);
  expect(usage.memoryUsageMb).toBeGreaterThan(10);
  // 0.5 s of CPU were burnt before anybody looked.
  expect(usage.cpuPercent).toBeLessThan(100);
});

it('sees a process that works, however quickly looks follow each other', async () => {
  const { pid } = await run("console.log('there'); for (;;);");
  const looks = await Promise.all([getProcessResourceUsage(pid), getProcessResourceUsage(pid)]);
  for (const { cpuPercent } of [...looks, await getProcessResourceUsage(pid)]) {
    // One thread, one core; a machine that is busy gives it less.
    expect(cpuPercent).toBeGreaterThan(1);
    expect(cpuPercent).toBeLessThan(150);
  }
});

it('counts descendants', async () => {
  const heap =
    "globalThis.heap = Buffer.alloc(150 * 2 ** 20, 1); setInterval(() => {}, 1000); console.log('there');";
  const start = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(heap)}], { stdio: 'inherit' });`;
  const { pid } = await run(start);
  expect((await getProcessResourceUsage(pid)).memoryUsageMb).toBeGreaterThan(180);
});

it('answers two nulls for a process that is gone, and for what is no process', async () => {
  const { child, pid } = await run(idle);
  expect(await getProcessResourceUsage(pid)).not.toEqual(gone);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await getProcessResourceUsage(pid)).toEqual(gone);
  for (const wrong of [0, -1, 1.5, Number.NaN]) expect(await getProcessResourceUsage(wrong)).toEqual(gone);
});

it('begins anew after a clean-up', async () => {
  const { pid } = await run(idle);
  await getProcessResourceUsage(pid);
  cleanupResourceMonitor();
  expect((await getProcessResourceUsage(pid)).cpuPercent).toBeLessThan(100);
});
