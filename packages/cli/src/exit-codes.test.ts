import { ProjectRunnerError } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { exitCodeOf, exitCodeOfSignal } from './exit-codes.ts';

describe('exitCodeOf', () => {
  it('tells the user’s mistakes from surprises', () => {
    expect(exitCodeOf(new ProjectRunnerError('CONFIG_INVALID', ''))).toBe(2);
    expect(exitCodeOf(new ProjectRunnerError('STOP_FAILED', ''))).toBe(1);
    expect(exitCodeOf(new TypeError('oops'))).toBe(1);
    expect(exitCodeOf('thrown text')).toBe(1);
  });
});

describe('exitCodeOfSignal', () => {
  it('is what shells say', () => {
    expect([exitCodeOfSignal('SIGHUP'), exitCodeOfSignal('SIGINT'), exitCodeOfSignal('SIGTERM')]).toEqual([
      129, 130, 143,
    ]);
  });
});
