import type { HealthProbePlugin } from '@project-runner/core';
import { expect, it } from 'vitest';

import { observeProbes } from './observe-probes.ts';

it('tells the path that was asked and leaves the answer alone', async () => {
  class Probe implements HealthProbePlugin {
    readonly kind = 'health-probe';
    readonly name = 'mine';
    readonly apiVersion = 1;
    readonly #answer = { healthy: false, message: 'no' };
    check = async (): Promise<{ healthy: boolean; message: string }> => this.#answer;
  }
  const observed = observeProbes();
  const probe = observed.observe(new Probe());
  expect(observed.path()).toBeNull();
  const target = { host: '127.0.0.1', port: 1, path: '/ping' };
  expect(await probe.check(target, AbortSignal.timeout(1000))).toEqual({ healthy: false, message: 'no' });
  expect(probe).toMatchObject({ kind: 'health-probe', name: 'mine', apiVersion: 1 });
  expect(observed.path()).toEqual({ path: '/ping', optional: false });
  void probe.check({ ...target, path: '/health', optionalPath: true }, AbortSignal.timeout(1000));
  expect(observed.path()).toEqual({ path: '/health', optional: true });
});

it('tells the path that a probe asks in the place of the one it is told', async () => {
  const observed = observeProbes();
  const probe = observed.observe({
    kind: 'health-probe',
    name: 'own',
    apiVersion: 1,
    path: '/ready',
    check: async () => ({ healthy: true }),
  });
  const target = { host: '127.0.0.1', port: 1, path: '/health', optionalPath: true };
  await probe.check(target, AbortSignal.timeout(1000));
  expect(observed.path()).toEqual({ path: '/ready', optional: false });
});
