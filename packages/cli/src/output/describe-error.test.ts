import { ProjectRunnerError } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { describeError } from './describe-error.ts';

describe('describeError', () => {
  it('keeps only causes that say something new', () => {
    const root = new Error('ENOSPC: disk full');
    const middle = new Error('copying failed', { cause: root });
    const error = new ProjectRunnerError('SOURCE_FAILED', 'Source failed: copying failed', {
      cause: middle,
      hint: 'make room',
      plugin: 'x:y',
    });
    expect(describeError(error)).toMatchObject({
      code: 'SOURCE_FAILED',
      message: 'Source failed: copying failed',
      hint: 'make room',
      plugin: 'x:y',
      causes: ['ENOSPC: disk full'],
    });
  });

  it('opens aggregates and survives circles', () => {
    const one = new Error('one');
    const error = new AggregateError([one, 'two'], 'both');
    one.cause = error;
    expect(describeError(error).causes).toEqual(['one', 'two']);
  });

  it('speaks of the options of the command, not of those of the runner', () => {
    const error = new ProjectRunnerError('BUILD_TIMEOUT', 'm', { hint: 'with defaultBuildTimeoutMs' });
    expect(describeError(error).hint).toMatch(/--build-timeout SECONDS/);
  });

  it('names the probe that is at fault, as the runner does', () => {
    const hint =
      'See the log of the server; give it more time with healthCheckTimeoutMs, or set path of health-probe:deep, now /bad, to one of its own';
    expect(describeError(new ProjectRunnerError('SERVER_NOT_READY', 'm', { hint })).hint).toBe(
      'See its log above; give it more time with --start-timeout SECONDS, or set path of health-probe:deep, now /bad, to one of its own in project-runner.config.ts',
    );
  });

  it('rewrites all that is read', () => {
    const error = new ProjectRunnerError('BUILD_FAILED', 'no /copy', {
      hint: 'make /copy',
      cause: new Error('ENOENT /copy'),
    });
    expect(describeError(error, (text) => text.replace('/copy', '/mine'))).toMatchObject({
      message: 'no /mine',
      hint: 'make /mine',
      causes: ['ENOENT /mine'],
    });
  });

  it('takes anything that was thrown', () => {
    expect(describeError('text')).toMatchObject({ code: 'UNEXPECTED', message: 'text', causes: [] });
    expect(describeError(undefined)).toMatchObject({ message: 'undefined', causes: [] });
  });
});
