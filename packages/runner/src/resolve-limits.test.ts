import type { ServerLimits } from '@project-runner/core';
import { expect, it } from 'vitest';

import { resolveConfig } from './resolve-config.ts';
import { checkLimits, mergeLimits } from './resolve-limits.ts';

it('has no limits by default, and takes those that are written', () => {
  expect(resolveConfig().limits).toEqual({});
  const limits: ServerLimits = { memoryMb: 512, onMemory: 'kill', heapMb: 256, cpus: 0.5, pids: 64 };
  expect(resolveConfig({ limits }).limits).toEqual(limits);
  expect(checkLimits('limits', undefined)).toEqual({});
});

it.each([
  [{ memoryMb: '512' }, /limits\.memoryMb: expected a whole number from 1 to \d+, found "512"/],
  [{ memoryMb: 0.5 }, /limits\.memoryMb: expected a whole number/],
  [{ heapMb: -1 }, /limits\.heapMb: expected a whole number/],
  [{ cpus: 0 }, /limits\.cpus: expected a number of cores from 0\.01 to 4096, found 0/],
  [{ cpus: Number.NaN }, /limits\.cpus/],
  [{ pids: 15 }, /limits\.pids: expected a whole number from 16/],
  [{ onMemory: 'stop' }, /limits\.onMemory: expected "restart" or "kill", found "stop"/],
  [{ memory: 1 }, /unknown key for limits\.memory: expected one of memoryMb/],
  [[], /limits: expected an object/],
  [null, /limits: expected an object, found null/],
])('refuses %j', (limits, message) => {
  expect(() => resolveConfig({ limits: limits as ServerLimits })).toThrowError(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) as string }),
  );
});

it('lets the later one win, name by name, and an absent one not at all', () => {
  const merged = mergeLimits({ memoryMb: 1, cpus: 1 }, undefined, { memoryMb: 2, cpus: undefined as never });
  expect(merged).toEqual({ memoryMb: 2, cpus: 1 });
});
