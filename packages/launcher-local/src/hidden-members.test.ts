import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { describe, expect, it, onTestFinished } from 'vitest';

import { mayHideMembers } from './hidden-members.ts';
import { mayCarry } from './marker.ts';

function wait(env: Record<string, string> = {}): ChildProcess & { pid: number } {
  const child = spawn('/bin/sleep', ['1000'], { env, stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child as ChildProcess & { pid: number };
}

describe.skipIf(process.platform !== 'linux')('mayHideMembers', () => {
  it('finds a young process, and nobody where nobody is', () => {
    const { pid } = wait();
    expect(mayHideMembers((stat) => stat.pid === pid)).toBe(true);
    expect(mayHideMembers(() => false)).toBe(false);
  });

  it('finds who is born while it looks, over generations', () => {
    const born = [wait().pid];
    // Each one is gone when it is looked at, and there is one more.
    const isLast = ({ pid }: { pid: number }): boolean => {
      if (pid !== born.at(-1)) return false;
      if (born.length === 4) return true;
      born.push(wait().pid);
      return false;
    };
    expect(mayHideMembers(isLast)).toBe(true);
    expect(born).toHaveLength(4);
  });

  it('does not find one that has ended', async () => {
    const child = wait();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(mayHideMembers((stat) => stat.pid === child.pid)).toBe(false);
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
