import type { ProcessExit, RestartPolicy } from '@project-runner/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decideRestart, defaultRestartPolicy } from './restart-policy.ts';
import type { RestartQuestion } from './restart-policy.ts';

const crash: ProcessExit = { code: 1, signal: null };
const clean: ProcessExit = { code: 0, signal: null };

function ask(
  changes: Partial<RestartQuestion> = {},
  policy: Partial<RestartPolicy> = {},
): ReturnType<typeof decideRestart> {
  return decideRestart({
    policy: { ...defaultRestartPolicy, ...policy },
    exit: crash,
    readyForMs: 10,
    failures: 0,
    restartedAt: [],
    now: 1_000_000,
    random: 0,
    ...changes,
  });
}

describe('decideRestart', () => {
  it.each([
    ['never', crash, 'crash'],
    ['never', clean, 'stop'],
    ['never', null, 'crash'],
    ['on-failure', crash, 'restart'],
    ['on-failure', clean, 'stop'],
    ['on-failure', { code: 143, signal: null }, 'stop'],
    ['on-failure', { code: null, signal: 'SIGTERM' }, 'stop'],
    ['on-failure', { code: null, signal: 'SIGKILL' }, 'restart'],
    ['on-failure', { code: null, signal: null }, 'restart'],
    ['on-failure', null, 'restart'],
    ['always', clean, 'restart'],
    ['always', { code: null, signal: 'SIGTERM' }, 'restart'],
  ] as const)('with policy %s after %o: %s', (policy, exit, action) => {
    expect(ask({ exit }, { policy })).toMatchObject({ action });
  });

  it('brings a server that was ready back at once, and doubles the pause from then on', () => {
    const delays: number[] = [];
    let failures = 0;
    for (let n = 0; n < 9; n += 1) {
      const answer = ask({ failures });
      if (answer.action !== 'restart') break;
      delays.push(answer.delayMs);
      failures = answer.failures;
    }
    expect(delays).toEqual([0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('pauses before a server that never was ready', () => {
    expect(ask({ readyForMs: null, exit: null })).toEqual({ action: 'restart', delayMs: 1000, failures: 2 });
  });

  it('begins anew with a server that was ready for the stable period', () => {
    expect(ask({ failures: 7, readyForMs: 59_999 })).toMatchObject({ delayMs: 60_000 });
    expect(ask({ failures: 7, readyForMs: 60_000 })).toMatchObject({ delayMs: 0, failures: 1 });
  });

  it('gives up after so many restarts within the window, and only within it', () => {
    const restartedAt = Array.from({ length: 10 }, (_, index) => 1_000_000 - 299_999 + index);
    expect(ask({ restartedAt })).toEqual({
      action: 'crash',
      reason: 'it was started again 10 times within 300 s',
    });
    expect(ask({ restartedAt: restartedAt.slice(1) })).toMatchObject({ action: 'restart' });
    expect(ask({ restartedAt, now: 1_000_001 })).toMatchObject({ action: 'restart' });
    expect(ask({}, { maxRestarts: 0 })).toMatchObject({ action: 'crash' });
    expect(ask({ restartedAt: [1_000_000] }, { maxRestarts: 1 })).toMatchObject({
      reason: 'it was started again once within 300 s',
    });
  });

  it('never pauses longer than the longest pause and its jitter, and never less than the pause', () => {
    fc.assert(
      fc.property(
        fc.record({
          initialDelayMs: fc.nat(10_000),
          maxDelayMs: fc.nat(100_000),
          jitter: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (policy, failures, random) => {
          const answer = ask({ failures, random }, policy);
          expect(answer.action).toBe('restart');
          const delayMs = answer.action === 'restart' ? answer.delayMs : Number.NaN;
          const pause = Math.min(policy.initialDelayMs * 2 ** (failures - 1), policy.maxDelayMs) || 0;
          expect(delayMs).toBeGreaterThanOrEqual(Math.floor(pause));
          expect(delayMs).toBeLessThanOrEqual(Math.ceil(policy.maxDelayMs * (1 + policy.jitter)));
        },
      ),
    );
  });
});
