import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { BodyClock } from './body-clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function clock(): { clock: BodyClock; late: () => boolean } {
  let isLate = false;
  const made = new BodyClock({ timeoutMs: 1000, bytesPerSecond: 100, onLate: () => (isLate = true) });
  return { clock: made, late: () => isLate };
}

it('is late when nothing came for its time', () => {
  const { late } = clock();
  vi.advanceTimersByTime(999);
  expect(late()).toBe(false);
  vi.advanceTimersByTime(2);
  expect(late()).toBe(true);
});

it('gives a second more for so many bytes, and none for fewer', () => {
  const { clock: body, late } = clock();
  body.add(150);
  vi.advanceTimersByTime(2499);
  expect(late()).toBe(false);
  vi.advanceTimersByTime(2);
  expect(late()).toBe(true);
});

it('counts only the time in which it waits', () => {
  const { clock: body, late } = clock();
  vi.advanceTimersByTime(600);
  body.rest();
  body.rest();
  vi.advanceTimersByTime(100_000);
  body.wait();
  body.wait();
  vi.advanceTimersByTime(399);
  expect(late()).toBe(false);
  vi.advanceTimersByTime(2);
  expect(late()).toBe(true);
});

it('leaves no timer when it rests', () => {
  clock().clock.rest();
  expect(vi.getTimerCount()).toBe(0);
});
