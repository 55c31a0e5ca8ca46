import { expect, it, onTestFinished, vi } from 'vitest';

import { StartPause } from './start-pause.ts';

it('grows with each failure, ends by itself, and begins anew after a start', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const pause = new StartPause({
    policy: 'on-failure',
    initialDelayMs: 1000,
    maxDelayMs: 3000,
    jitter: 0,
    stableMs: 0,
    maxRestarts: 10,
    windowMs: 1000,
  });
  const isOver = (): boolean => {
    try {
      pause.mustBeOver();
      return true;
    } catch {
      return false;
    }
  };
  const lasts = (): number => {
    const from = performance.now();
    while (!isOver()) vi.advanceTimersByTime(100);
    return performance.now() - from;
  };
  expect(isOver()).toBe(true);
  pause.failed(new Error('first'));
  expect(() => pause.mustBeOver()).toThrow('first');
  expect(lasts()).toBe(1000);
  pause.failed(new Error('second'));
  expect(() => pause.mustBeOver()).toThrow('second');
  expect(lasts()).toBe(2000);
  pause.failed(new Error('third'));
  expect(lasts()).toBe(3000);
  pause.over();
  pause.failed(new Error('again'));
  expect(lasts()).toBe(1000);
});
