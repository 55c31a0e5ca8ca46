import type { PluginSet } from '@project-runner/core';

/** Kinds without which nothing runs. Without the others a runner does less: it builds nothing, or keeps no logs. */
export const neededKinds = ['launcher', 'port-strategy'] as const;

/** To be asked when a runner is made, not at its first deploy. @throws ProjectRunnerError `PLUGIN_MISSING` */
export function requirePlugins(plugins: PluginSet): void {
  for (const kind of neededKinds) plugins.one(kind);
}
