import type { PluginSet } from '@project-runner/core';

import { findingsOf } from './finding.ts';
import type { Finding } from './finding.ts';

const found = findingsOf('framework');

/** Which frameworks are known. */
export function checkFrameworks(plugins: PluginSet): Finding[] {
  const names = plugins.all('framework').map(({ name }) => name);
  return names.length === 0
    ? [found.warning('There is no plugin for one: nothing can be built', 'Add one to plugins', { names })]
    : [found.ok(`Projects of ${names.join(', ')}`, { names })];
}
