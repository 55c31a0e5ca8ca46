import { PluginSet } from '@project-runner/core';
import type { HealthProbePlugin, ProbeRole } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import type { RunnerConfig } from '../config.ts';
import { LocalProcessRunner } from '../local-process-runner.ts';
import { resolveConfig } from '../resolve-config.ts';
import { probesFor } from './probes-for.ts';
import { resolveLiveness } from './resolve-liveness.ts';

function probes(...all: (readonly ProbeRole[] | undefined)[]): PluginSet {
  return PluginSet.from(
    all.map((roles, index): HealthProbePlugin => ({
      kind: 'health-probe',
      name: `p${index}`,
      apiVersion: 1,
      check: () => Promise.resolve({ healthy: true }),
      ...(roles ? { roles } : {}),
    })),
  );
}

describe('probesFor', () => {
  it('answers those that have one of the roles, and those that name none', () => {
    const set = probes(undefined, ['startup'], ['readiness', 'liveness'], ['liveness']);
    const names = (...roles: ProbeRole[]): string[] => probesFor(set, ...roles).map(({ name }) => name);
    expect(names('startup', 'readiness')).toEqual(['p0', 'p1', 'p2']);
    expect(names('readiness', 'liveness')).toEqual(['p0', 'p2', 'p3']);
    expect(names('liveness')).toEqual(['p0', 'p2', 'p3']);
  });
});

describe('resolveLiveness', () => {
  const resolve = (config: RunnerConfig, set: PluginSet): unknown =>
    resolveLiveness(resolveConfig(config), set);
  const byDefault = { intervalMs: 10_000, failures: 3 };

  it.each([
    ['nothing', undefined, [undefined], null],
    ['a probe of other roles', undefined, [['startup', 'readiness']], null],
    ['a probe that names the role', undefined, [undefined, ['liveness']], byDefault],
    ['a probe that names the role, and false', false, [['liveness']], null],
    ['true', true, [undefined], byDefault],
    ['its own values', { failures: 1 }, [['liveness']], { ...byDefault, failures: 1 }],
  ] as const)('takes %s as it is meant', (_, liveness, roles, expected) => {
    const config = liveness === undefined ? {} : { liveness };
    expect(resolve(config, probes(...roles))).toEqual(expected);
  });

  it('refuses what would never see anything, when the runner is made', () => {
    const config: RunnerConfig = { liveness: true, without: ['health-probe:http'] };
    expect(() => new LocalProcessRunner(config)).toThrowError(
      /liveness: expected a health probe with the role liveness, and there is none/,
    );
  });
});
