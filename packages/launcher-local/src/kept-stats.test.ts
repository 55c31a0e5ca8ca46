import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';

import { afterEach, expect, it, onTestFinished, vi } from 'vitest';

import { keepStats, readKeptStat } from './kept-stats.ts';
import { readProcStat } from './proc-stat.ts';

/** Pids whose stat this process has open. */
function kept(): number[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const pid = /^\/proc\/(\d+)\/stat$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
      return pid === undefined ? [] : [Number(pid)];
    } catch {
      // The folder's own descriptor.
      return [];
    }
  });
}

async function start(code: string): Promise<{ pid: number; end(): Promise<void> }> {
  const child = spawn(process.execPath, ['-e', `${code} console.log("there")`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  return { pid: child.pid ?? 0, end };
}

afterEach(() => keepStats(new Set()));

it('reads anew from a file that stays open', async () => {
  const { pid } = await start(
    'setInterval(() => { for (const t = Date.now(); Date.now() - t < 20;); }, 21);',
  );
  keepStats(new Set([pid]));
  expect(kept()).toEqual([pid]);
  const first = readKeptStat(pid);
  expect(first).toMatchObject({ pid, startTime: readProcStat(pid)?.startTime });
  await vi.waitFor(() => expect(readKeptStat(pid)?.cpuTicks).toBeGreaterThan(first?.cpuTicks ?? 0), 10_000);
});

it('closes the file of a process that is gone, and of one that nobody wants', async () => {
  const one = await start('setInterval(() => {}, 1000);');
  const two = await start('setInterval(() => {}, 1000);');
  keepStats(new Set([one.pid, two.pid]));
  expect(kept()).toHaveLength(2);
  await one.end();
  expect(readKeptStat(one.pid)).toBeNull();
  expect(kept()).toEqual([two.pid]);
  keepStats(new Set());
  expect(kept()).toEqual([]);
  expect(readKeptStat(two.pid)?.pid).toBe(two.pid);
});

it('has nothing open when nobody samples any more', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  keepStats(new Set([process.pid]));
  vi.advanceTimersByTime(6000);
  keepStats(new Set([process.pid]));
  vi.advanceTimersByTime(6000);
  expect(kept()).toEqual([process.pid]);
  vi.advanceTimersByTime(6000);
  expect(kept()).toEqual([]);
});

it('takes a process that is gone for gone', () => {
  keepStats(new Set([2 ** 30]));
  expect(kept()).toEqual([]);
  expect(readKeptStat(2 ** 30)).toBeNull();
});
