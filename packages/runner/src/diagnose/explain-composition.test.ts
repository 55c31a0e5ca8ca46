import type { HealthProbePlugin, LauncherPlugin, LogSinkPlugin } from '@project-runner/core';
import { launcherLocal } from '@project-runner/launcher-local';
import { expect, it } from 'vitest';

import { explainComposition } from './explain-composition.ts';
import type { ComposedPlugin } from './explain-composition.ts';

const probe: HealthProbePlugin = {
  kind: 'health-probe',
  name: 'http',
  apiVersion: 1,
  check: () => Promise.resolve({ healthy: true }),
};
const sink: LogSinkPlugin = {
  kind: 'log-sink',
  name: 'mine',
  apiVersion: 1,
  open: () => ({ write() {}, close() {} }),
};
const launcher: LauncherPlugin = { ...launcherLocal(), name: 'mine' };

function of(plugins: readonly ComposedPlugin[], key: string): Partial<ComposedPlugin> | undefined {
  const found = plugins.find((plugin) => plugin.key === key);
  return (
    found && {
      from: found.from,
      wrapped: found.wrapped,
      overrides: found.overrides,
      overriddenBy: found.overriddenBy,
    }
  );
}

it('tells what overrides what, and what was left out', () => {
  const { plugins, removed } = explainComposition({
    plugins: [probe, sink, launcher],
    without: ['log-sink:file', 'package-manager:bun'],
    wrap: { 'log-sink:mine': (inner) => inner },
    order: ['log-sink:mine'],
  });
  const plain = { from: 'preset', wrapped: false, overrides: [], overriddenBy: null };
  expect(plugins[0]?.key).toBe('log-sink:mine');
  expect(of(plugins, 'log-sink:mine')).toEqual({ ...plain, from: 'configuration', wrapped: true });
  expect(of(plugins, 'health-probe:http')).toEqual({
    ...plain,
    from: 'configuration',
    overrides: ['health-probe:http'],
  });
  expect(of(plugins, 'launcher:mine')).toEqual({
    ...plain,
    from: 'configuration',
    overrides: ['launcher:local'],
  });
  expect(of(plugins, 'launcher:local')).toEqual({ ...plain, overriddenBy: 'launcher:mine' });
  expect(of(plugins, 'log-sink:memory')).toEqual(plain);
  expect(removed).toEqual(['package-manager:bun', 'log-sink:file']);
});

it('refuses what the runner refuses', () => {
  expect(() => explainComposition({ without: ['log-sink:none'] })).toThrow(
    /there is no plugin log-sink:none/,
  );
});
