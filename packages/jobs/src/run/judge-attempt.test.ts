import { ProjectRunnerError } from '@project-runner/core';
import { expect, it } from 'vitest';

import { judgeAttempt } from './judge-attempt.ts';
import type { AttemptFacts } from './judge-attempt.ts';

const facts: AttemptFacts = {
  name: 'demo',
  limits: { memoryBytes: 1000, timeSeconds: 3 },
  exit: { code: 0, signal: null },
  startError: null,
  stopReason: null,
  outOfMemory: false,
  stderr: '',
  invalid: null,
};
const failed = { code: 1, signal: null };
const killed = { code: null, signal: 'SIGKILL' } as const;

it.each<[string, Partial<AttemptFacts>, string, string | null, boolean]>([
  ['exit code 0', {}, 'completed', null, false],
  ['exit code 0 with a killed child', { outOfMemory: true }, 'completed', null, false],
  ['exit code 1', { exit: failed }, 'failed', 'JOB_FAILED', true],
  ['a signal', { exit: killed }, 'failed', 'JOB_FAILED', true],
  ['a broken result', { invalid: 'it is broken' }, 'failed', 'JOB_OUTPUT_INVALID', true],
  ['out of memory', { exit: killed, outOfMemory: true }, 'failed', 'JOB_LIMIT_EXCEEDED', false],
  ['stopped for memory', { stopReason: 'memory' }, 'failed', 'JOB_LIMIT_EXCEEDED', false],
  [
    'out of heap',
    { exit: failed, stderr: 'JavaScript heap out of memory' },
    'failed',
    'JOB_LIMIT_EXCEEDED',
    false,
  ],
  [
    'out of heap without a limit of ours',
    { exit: failed, stderr: 'JavaScript heap out of memory', limits: {} },
    'failed',
    'JOB_FAILED',
    true,
  ],
  ['cancelled', { stopReason: 'cancelled', exit: killed }, 'cancelled', 'JOB_CANCELLED', false],
  [
    'cancelled before it was started',
    { stopReason: 'cancelled', exit: null },
    'cancelled',
    'JOB_CANCELLED',
    false,
  ],
  ['timed out', { stopReason: 'timed-out' }, 'timed-out', 'JOB_TIMEOUT', false],
  ['lost', { exit: { code: null, signal: null } }, 'failed', 'JOB_LOST', false],
  [
    'not started',
    { exit: null, startError: new ProjectRunnerError('SPAWN_FAILED', 'no such program') },
    'failed',
    'SPAWN_FAILED',
    false,
  ],
])('judges %s', (_, changes, status, code, mayRetry) => {
  const verdict = judgeAttempt({ ...facts, ...changes });
  expect({ ...verdict, error: verdict.error?.code ?? null }).toEqual({ status, error: code, mayRetry });
});

it('shows the last words of what failed', () => {
  const stderr = Array.from({ length: 30 }, (_, index) => `line ${index}`).join('\n');
  const { error } = judgeAttempt({ ...facts, exit: { code: 3, signal: null }, stderr });
  expect(error).toMatchObject({ exitCode: 3, signal: null });
  expect(error?.message).toMatch(/^demo ended with exit code 3:\nline 20\n[^]*line 29$/);
});
