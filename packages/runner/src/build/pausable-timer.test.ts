import { expect, it, onTestFinished, vi } from 'vitest';

import { createPausableTimer } from './pausable-timer.ts';

it('counts only the time in which it was not paused, and calls once', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  let calls = 0;
  const timer = createPausableTimer(1000, () => (calls += 1));
  vi.advanceTimersByTime(600);
  timer.pause();
  timer.pause();
  vi.advanceTimersByTime(10_000);
  timer.resume();
  timer.resume();
  vi.advanceTimersByTime(399);
  expect(calls).toBe(0);
  vi.advanceTimersByTime(1);
  expect(calls).toBe(1);
  vi.advanceTimersByTime(10_000);
  expect(calls).toBe(1);
});

it('never calls when it was cleared', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  let calls = 0;
  createPausableTimer(10, () => (calls += 1)).clear();
  vi.advanceTimersByTime(100);
  expect(calls).toBe(0);
});
