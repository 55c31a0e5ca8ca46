import type { PluginSet } from '@project-runner/core';

import { wrong } from '../check-value.ts';
import type { LivenessConfig, ResolvedConfig } from '../config.ts';
import { defaultLiveness } from '../resolve-config.ts';
import { probesFor } from './probes-for.ts';

/**
 * How servers are watched, `null`: not. A probe that names the role says by that that it wants to be asked.
 * @throws ProjectRunnerError `CONFIG_INVALID` where it is on and no probe has the role: nothing would ever be seen
 */
export function resolveLiveness(
  { liveness, livenessGiven }: Pick<ResolvedConfig, 'liveness' | 'livenessGiven'>,
  plugins: PluginSet,
): Readonly<LivenessConfig> | null {
  if (liveness && probesFor(plugins, 'liveness').length === 0) {
    throw wrong('liveness', true, 'a health probe with the role liveness, and there is none; or false');
  }
  const isAskedFor = plugins.all('health-probe').some(({ roles }) => roles?.includes('liveness'));
  return livenessGiven || !isAskedFor ? liveness : defaultLiveness;
}
