import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

import { describe, expect, it, onTestFinished } from 'vitest';

import { holderIsAlive } from './holder.ts';
import { byProc, byPs } from './process-start.ts';

async function sleeper(): Promise<{ pid: number; end(): Promise<unknown> }> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  const exited = once(child, 'exit');
  const end = (): Promise<unknown> => {
    child.kill('SIGKILL');
    return exited;
  };
  return { pid: child.pid ?? 0, end };
}

describe.skipIf(process.platform === 'win32')('ps', () => {
  it('tells one process from another that gets its number, and that it is gone', async () => {
    const { pid, end } = await sleeper();
    const holder = { pid, startTime: byPs.startTime(pid), bootId: null };
    expect(holderIsAlive(holder, byPs)).toBe(true);
    expect(holderIsAlive({ ...holder, startTime: 'Mon Jan  1 00:00:00 2001' }, byPs)).toBe(false);
    await end();
    expect(byPs.startTime(pid)).toBeNull();
    expect(holderIsAlive(holder, byPs)).toBe(false);
  });

  it.runIf(process.platform === 'linux')('knows when a process was started, to the second', async () => {
    const { pid } = await sleeper();
    const bootAt = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]);
    const startedAt = bootAt + Number(byProc.startTime(pid)) / 100;
    const told = Date.parse(`${byPs.startTime(pid)} UTC`) / 1000;
    expect(Math.abs(told - startedAt)).toBeLessThanOrEqual(1);
  });
});

it('nobody holds anything by a number that is none', () => {
  for (const pid of [0, -1, Number.NaN]) {
    expect(holderIsAlive({ pid, startTime: null, bootId: null })).toBe(false);
  }
});
