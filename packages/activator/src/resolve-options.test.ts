import { describe, expect, it } from 'vitest';

import { resolveOptions } from './resolve-options.ts';

describe('resolveOptions', () => {
  it('has 15 minutes, a state folder of its own, and no handlers of signals', () => {
    const { idleTimeoutMs, localPathPrefixes, stopOnSignals, runner } = resolveOptions({});
    expect({ idleTimeoutMs, localPathPrefixes, stopOnSignals }).toEqual({
      idleTimeoutMs: 900_000,
      localPathPrefixes: ['/agent'],
      stopOnSignals: null,
    });
    expect(runner.stateDir).toMatch(/activator$/);
    expect(runner.buildDir?.startsWith(runner.stateDir ?? '')).toBe(true);
  });

  it('leaves what is given as it is', () => {
    const given = Object.freeze({
      idleTimeoutMs: false as const,
      runner: Object.freeze({ stateDir: '/state', without: Object.freeze(['log-sink:file']) }),
      stopOnSignals: true,
    });
    expect(resolveOptions(given)).toMatchObject({
      idleTimeoutMs: false,
      stopOnSignals: {},
      runner: { stateDir: '/state', without: ['port-strategy:range', 'log-sink:file'] },
    });
  });

  it.each([
    [{ idleTimeoutMs: 0 }, /idleTimeoutMs must be a whole number of ms from 1 to \d+; found 0/],
    [{ idleTimeoutMs: Infinity }, /idleTimeoutMs/],
    [{ enrichTimeoutMs: -1 }, /enrichTimeoutMs/],
    [{ portEnv: { PORT: 'third' } }, /portEnv.PORT must be "first" or "second"; found "third"/],
    [{ localPathPrefixes: ['agent'] }, /localPathPrefixes must be paths that start with "\/"/],
    [{ resolveBin: '/bin/sh' }, /resolveBin must be a function/],
    [{ portRange: { start: 5, end: 1 } }, /start <= end; found 5 and 1/],
  ])('refuses %j', (options, message) => {
    expect(() => resolveOptions(options as never)).toThrow(message);
  });
});
