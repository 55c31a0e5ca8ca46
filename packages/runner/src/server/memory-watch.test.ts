import type { Logger } from '@project-runner/core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { createMemoryWatch } from './memory-watch.ts';

const warnings: string[] = [];
const logger: Logger = { debug() {}, info() {}, warn: (text) => void warnings.push(text), error() {} };
const mb = 1024 * 1024;

beforeEach(() => {
  vi.useFakeTimers();
  warnings.length = 0;
});
afterEach(() => void vi.useRealTimers());

function server(sizes: (number | null)[]) {
  const stop = new AbortController();
  const over: string[] = [];
  const looks = vi.fn(() => {
    const size = (sizes.length > 1 ? sizes.shift() : sizes[0]) ?? null;
    return Promise.resolve(size === null ? null : { memoryBytes: size * mb, cpuPercent: 0 });
  });
  const watched = {
    handle: { usage: looks },
    limitMb: 100,
    signal: stop.signal,
    onOver: (reason: string) => void over.push(reason),
  };
  return { watched, over, looks, stop };
}

it('looks at all of them every five seconds with one timer, and at none without a limit', async () => {
  const watch = createMemoryWatch(logger);
  expect(vi.getTimerCount()).toBe(0);
  const servers = [server([10]), server([20]), server([null])];
  for (const { watched } of servers) watch.add(watched);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(servers.map(({ looks }) => looks.mock.calls.length)).toEqual([3, 3, 3]);
  expect(servers.flatMap(({ over }) => over)).toEqual([]);
  for (const { stop } of servers) stop.abort();
  expect(vi.getTimerCount()).toBe(0);
});

it('tells once of a server that is over its limit, and only then', async () => {
  const watch = createMemoryWatch(logger);
  const grows = server([100, 100.5]);
  const other = server([10]);
  watch.add(grows.watched);
  watch.add(other.watched);
  await vi.advanceTimersByTimeAsync(5000);
  expect(grows.over).toEqual([]);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(grows.over).toEqual(['it used 101 MB of memory, more than its limit of 100 MB']);
  expect(grows.looks).toHaveBeenCalledTimes(2);
  expect(other.looks).toHaveBeenCalledTimes(5);
});

it('says nothing of a server that ended while it was looked at', async () => {
  const watch = createMemoryWatch(logger);
  const { watched, over, stop } = server([500]);
  const answer = Promise.withResolvers<{ memoryBytes: number; cpuPercent: number }>();
  watch.add({ ...watched, handle: { usage: () => answer.promise } });
  await vi.advanceTimersByTimeAsync(5000);
  stop.abort();
  answer.resolve({ memoryBytes: 500 * mb, cpuPercent: 0 });
  await vi.advanceTimersByTimeAsync(5000);
  expect(over).toEqual([]);
});

it('waits for a slow launcher, and goes on after one that fails', async () => {
  const watch = createMemoryWatch(logger);
  const slow = server([500]);
  const looks = vi
    .fn<() => Promise<null>>()
    .mockImplementationOnce(() => new Promise((_, reject) => setTimeout(reject, 12_000, new Error('late'))))
    .mockResolvedValue(null);
  watch.add({ ...slow.watched, handle: { usage: looks } });
  await vi.advanceTimersByTimeAsync(21_000);
  expect(looks).toHaveBeenCalledTimes(2);
  expect(warnings).toEqual(['The memory of a server could not be measured']);
});

it('does not begin with a server that is over already', () => {
  const { watched, stop } = server([500]);
  stop.abort();
  createMemoryWatch(logger).add(watched);
  expect(vi.getTimerCount()).toBe(0);
});
