import { createHash } from 'node:crypto';

import type { Plugin } from '@project-runner/core';

/** One hash of the texts of their methods. A method may call others, so this sees most changes of a plugin, not all. */
export function hashPlugins(plugins: readonly Plugin[]): string {
  const texts = plugins.map((plugin) =>
    Object.entries(plugin).map(([name, value]: [string, unknown]) => [name, String(value)]),
  );
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 16);
}
