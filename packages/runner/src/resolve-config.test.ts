import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { RunnerConfig } from './config.ts';
import { createProjectRunner } from './create-project-runner.ts';
import { defaultStateDir } from './default-state-dir.ts';
import { resolveConfig } from './resolve-config.ts';

describe('resolveConfig', () => {
  it('has the documented defaults', () => {
    expect(resolveConfig()).toMatchObject({
      portRange: { start: 4111, end: 4200 },
      maxConcurrentBuilds: 3,
      maxConcurrentBuildsPerProject: Infinity,
      defaultBuildTimeoutMs: 600_000,
      healthCheck: { timeoutMs: 5000, retryIntervalMs: 1000, maxRetries: 30, endpoint: '/health' },
      logRetentionLines: 10_000,
      keepReleases: 5,
      keepUnusedDays: Number.POSITIVE_INFINITY,
      buildDir: join(process.cwd(), '.mastra/builds'),
      globalEnvVars: {},
      secretsInOutput: 'warn',
      envFiles: true,
    });
  });

  it('does not change what it is given', () => {
    const written = Object.freeze({ portRange: Object.freeze({ start: 5000, end: 5001 }) });
    resolveConfig(written);
    expect(written).toEqual({ portRange: { start: 5000, end: 5001 } });
  });

  it.each([
    [{ portRange: { start: 5, end: 4 } }, /portRange: expected .*start <= end.*found/],
    [
      { portRange: { start: 0, end: 4 } },
      /portRange\.start: expected a whole number from 1 to 65535, found 0/,
    ],
    [{ maxConcurrentBuilds: 1.5 }, /maxConcurrentBuilds: expected a whole number from 1 to 1024, found 1\.5/],
    [{ maxConcurrentBuildsPerProject: 0 }, /maxConcurrentBuildsPerProject: expected .*found 0/],
    [{ keepUnusedDays: 0 }, /keepUnusedDays: expected a number of days above 0, or Infinity, found 0/],
    [{ keepUnusedDays: Number.NaN }, /keepUnusedDays: expected .*found NaN/],
    [{ secretsInOutput: true }, /secretsInOutput: expected "warn", "fail" or "ignore", found true/],
    [{ defaultBuildTimeoutMs: '5m' }, /defaultBuildTimeoutMs: expected .*found "5m"/],
    [{ healthCheck: { endpoint: 'health' } }, /healthCheck\.endpoint: expected a path that starts with "\/"/],
    [{ buildDir: '' }, /buildDir: expected a string that is not empty/],
    [{ envFiles: 'no' }, /envFiles: expected true or false, found "no"/],
    [{ logger: { warn() {} } }, /logger\.debug: expected a function/],
    [{ globalEnvVars: { A: 1 } }, /globalEnvVars\.A: expected a string, found "number"/],
    [{ portrange: {} }, /unknown key for portrange: expected one of portRange/],
    [[], /config: expected an object/],
  ])('refuses %j in the constructor', (config, message) => {
    expect(() => createProjectRunner(config as RunnerConfig)).toThrowError(message);
    expect(() => createProjectRunner(config as RunnerConfig)).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  it('never shows the value of a variable', () => {
    const config = { globalEnvVars: { TOKEN: 'secret\0' } };
    expect(() => resolveConfig(config)).toThrowError(/^(?!.*secret)/);
  });
});

describe('defaultStateDir', () => {
  it('is one folder for each working directory, where the platform keeps state', () => {
    const one = defaultStateDir('/srv/one', { HOME: '/home/ada' }, 'linux');
    expect(one).toMatch(/^\/home\/ada\/\.local\/state\/project-runner\/hosts\/[0-9a-f]{12}$/);
    expect(defaultStateDir('/srv/two', { HOME: '/home/ada' }, 'linux')).not.toBe(one);
    expect(defaultStateDir('/srv/one', { HOME: '/home/ada' }, 'linux')).toBe(one);
    expect(defaultStateDir('/x', { HOME: '/h', XDG_STATE_HOME: '/state' }, 'linux')).toMatch(
      /^\/state\/project-runner/,
    );
    expect(defaultStateDir('/x', { HOME: '/h', XDG_STATE_HOME: 'relative' }, 'linux')).toMatch(
      /^\/h\/\.local/,
    );
  });
});
