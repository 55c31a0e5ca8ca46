import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { describe, expect, it, onTestFinished } from 'vitest';

import { mayCarry } from './marker.ts';
import { lookAtProcesses } from './proc-look.ts';
import { readProcStat } from './proc-stat.ts';

function wait(env: Record<string, string> = {}): ChildProcess & { pid: number } {
  const child = spawn('/bin/sleep', ['1000'], { env, stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child as ChildProcess & { pid: number };
}

describe.skipIf(process.platform !== 'linux')('a look at all processes', () => {
  it('finds who came after it, and nobody where nobody is', () => {
    const look = lookAtProcesses();
    const { pid } = wait({ A: '1' });
    expect(look.table.byPid.has(pid)).toBe(false);
    expect(look.mayHide((stat) => stat.pid === pid)).toBe(true);
    expect(look.mayHide(() => false)).toBe(false);
    expect(lookAtProcesses().mayHide((stat) => stat.pid === pid)).toBe(false);
  });

  it('finds who is born while it looks, over generations', () => {
    const look = lookAtProcesses();
    const born = [wait().pid];
    // Each one is gone when it is looked at, and there is one more.
    const isLast = ({ pid }: { pid: number }): boolean => {
      if (pid !== born.at(-1)) return false;
      if (born.length === 4) return true;
      born.push(wait().pid);
      return false;
    };
    expect(look.mayHide(isLast)).toBe(true);
    expect(born).toHaveLength(4);
  });

  it('does not find one that has ended', async () => {
    const look = lookAtProcesses();
    const child = wait();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(look.mayHide((stat) => stat.pid === child.pid)).toBe(false);
  });

  it('may have missed one that had no environment, and could not tell its marker', () => {
    const { pid } = wait();
    const { table, mayHide } = lookAtProcesses();
    expect(table.unclear).toContainEqual({ pid, isYoung: true });
    expect(mayHide((stat) => stat.pid === pid)).toBe(true);
  });

  it('reads markers of those only that can have come from a process', () => {
    const old = wait({ PROJECT_RUNNER_ID: 'x' });
    const since = String(Number(readProcStat(old.pid)?.startTime) + 1);
    expect(
      lookAtProcesses()
        .table.marked.get('x')
        ?.map((stat) => stat.pid),
    ).toEqual([old.pid]);
    expect(lookAtProcesses(since).table.marked.get('x')).toBeUndefined();
    expect(lookAtProcesses(since).table.byPid.has(old.pid)).toBe(true);
  });
});

describe.skipIf(process.platform !== 'linux')('mayCarry', () => {
  it('holds for the marker, and for an environment that cannot be told', () => {
    const marked = wait({ PROJECT_RUNNER_ID: 'a', OTHER: 'x' });
    expect(mayCarry(marked.pid, 'a')).toBe(true);
    expect(mayCarry(marked.pid, 'b')).toBe(false);
    expect(mayCarry(wait().pid, 'a')).toBe(true);
    expect(mayCarry(2 ** 30, 'a')).toBe(false);
  });
});
