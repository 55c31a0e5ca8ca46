import type { HealthProbePlugin, PluginSet, ProbeRole } from '@project-runner/core';

/** Probes that have one of these roles; one that names none has all. */
export function probesFor(plugins: PluginSet, ...roles: readonly ProbeRole[]): readonly HealthProbePlugin[] {
  return plugins
    .all('health-probe')
    .filter((probe) => !probe.roles || probe.roles.some((role) => roles.includes(role)));
}
