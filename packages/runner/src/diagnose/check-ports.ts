import { callPlugin, pluginKey } from '@project-runner/core';
import type { PluginSet } from '@project-runner/core';
import { surveyPorts } from '@project-runner/ports-range';

import type { ResolvedConfig } from '../config.ts';
import type { Composition } from './explain-composition.ts';
import { findingsOf } from './finding.ts';
import type { Finding } from './finding.ts';

const found = findingsOf('ports');

/** Fewer are soon gone. */
const fewPorts = 3;

/** Who has the ports of the range: where none is free, all were looked at. Those of a strategy that the configuration brought are its own to know. */
export async function checkPorts(
  plugins: PluginSet,
  { plugins: composed }: Composition,
  { portRange }: Pick<ResolvedConfig, 'portRange'>,
): Promise<Finding> {
  const plugin = plugins.one('port-strategy');
  const strategy = pluginKey(plugin);
  if (composed.find(({ key }) => key === strategy)?.from !== 'preset') {
    const free = callPlugin(plugin, 'stats', () => plugin.stats?.())?.available ?? null;
    const count = free === null ? '' : `, which has ${free} left`;
    return found.ok(`Ports are given by ${strategy}${count}`, { strategy, free });
  }
  const { start, end } = portRange;
  const { looked, free, leased, busy } = await surveyPorts(portRange);
  const details = { strategy, start, end, looked, free, leased, busy };
  const total = end - start + 1;
  const seen = looked === total ? '' : ` looked at, of the ${total}`;
  const message = `${free} of ${looked} ports${seen} from ${start} to ${end} are free, ${leased.length} leased, ${busy.length} held by others`;
  if (free === 0) return found.problem(message, 'Stop a server, or set a larger portRange', details);
  return free < Math.min(fewPorts, total)
    ? found.warning(message, 'Set a larger portRange', details)
    : found.ok(message, details);
}
