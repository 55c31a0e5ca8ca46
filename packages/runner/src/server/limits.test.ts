import { describe, expect, it } from 'vitest';

import { launchLimits, limitsInForce, whyItEnded, withHeapLimit } from './limits.ts';

const mb = 1024 * 1024;

describe('launchLimits', () => {
  it('leaves room for an orderly restart, and none for one that is killed anyway', () => {
    expect(launchLimits({ memoryMb: 100 })).toEqual({ memoryBytes: 164 * mb });
    expect(launchLimits({ memoryMb: 1001 })).toEqual({ memoryBytes: 1102 * mb });
    expect(launchLimits({ memoryMb: 100, onMemory: 'kill' })).toEqual({ memoryBytes: 100 * mb });
    expect(launchLimits({ heapMb: 5, cpus: 0.5, pids: 64 })).toEqual({ cpus: 0.5, pids: 64 });
    expect(launchLimits(undefined)).toEqual({});
  });
});

describe('withHeapLimit', () => {
  it('adds to what the user wrote', () => {
    const env = Object.freeze({ A: '1', NODE_OPTIONS: '--max-old-space-size=9 --no-warnings' });
    expect(withHeapLimit(env, { heapMb: 64 })).toEqual({
      A: '1',
      NODE_OPTIONS: '--max-old-space-size=9 --no-warnings --max-old-space-size=64',
    });
    expect(withHeapLimit({ NODE_OPTIONS: '' }, { heapMb: 64 })).toEqual({
      NODE_OPTIONS: '--max-old-space-size=64',
    });
    expect(withHeapLimit(env, {})).toEqual(env);
  });
});

describe('limitsInForce', () => {
  const limits = { memoryMb: 100, heapMb: 50, cpus: 2, pids: 64 };

  it('names what sees to each', () => {
    const enforced = { memoryBytes: 'cgroup-v2', pids: 'cgroup-v1' };
    expect(limitsInForce(limits, { enforced })).toEqual({
      memoryMb: { value: 100, by: ['watch', 'cgroup-v2'] },
      heapMb: { value: 50, by: ['node'] },
      cpus: { value: 2, by: [] },
      pids: { value: 64, by: ['cgroup-v1'] },
    });
    expect(limitsInForce({ memoryMb: 5, cpus: 1 }, {})).toEqual({
      memoryMb: { value: 5, by: ['watch'] },
      cpus: { value: 1, by: [] },
    });
  });

  it('does not say of a server that does not run that nobody sees to it, and tells nothing where nothing is limited', () => {
    expect(limitsInForce(limits, null)).toEqual({
      memoryMb: { value: 100, by: null },
      heapMb: { value: 50, by: null },
      cpus: { value: 2, by: null },
      pids: { value: 64, by: null },
    });
    expect(limitsInForce(undefined, {})).toEqual({});
  });
});

describe('whyItEnded', () => {
  const exit = { code: null, signal: 'SIGKILL' } as const;
  const outOfMemory = (): boolean => true;

  it('names the limit that the kernel kept, and ends it for good where that is wanted', () => {
    const reason = 'it ended with signal SIGKILL, because it needed more memory than its limit of 100 MB';
    expect(whyItEnded(exit, { outOfMemory }, { memoryMb: 100 })).toEqual({ reason, isFinal: false });
    expect(whyItEnded(exit, { outOfMemory }, { memoryMb: 100, onMemory: 'kill' })).toEqual({
      reason,
      isFinal: true,
    });
  });

  it('tells the exit alone where memory had nothing to do with it', () => {
    const plain = { reason: 'it ended with signal SIGKILL', isFinal: false };
    expect(whyItEnded(exit, { outOfMemory: () => false }, { memoryMb: 100, onMemory: 'kill' })).toEqual(
      plain,
    );
    expect(whyItEnded(exit, {}, { memoryMb: 100 })).toEqual(plain);
    expect(whyItEnded(exit, { outOfMemory }, undefined)).toEqual(plain);
    const ended = { code: 1, signal: null };
    expect(whyItEnded(ended, { outOfMemory }, { memoryMb: 100, onMemory: 'kill' }).isFinal).toBe(false);
  });
});
