import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';

export const configNames: readonly string[] = ['ts', 'mts', 'js', 'mjs', 'json'].map(
  (extension) => `project-runner.config.${extension}`,
);

/**
 * The configuration in the first of the folders that has one.
 * @throws ProjectRunnerError `CONFIG_INVALID` for a folder that has two
 */
export function findConfig(dirs: readonly string[]): string | undefined {
  for (const dir of dirs) {
    const [found, ...others] = configNames.filter((name) => existsSync(join(dir, name)));
    if (found === undefined) continue;
    if (others.length === 0) return join(dir, found);
    throw new ProjectRunnerError(
      'CONFIG_INVALID',
      `${dir} has more than one configuration: ${[found, ...others].join(', ')}`,
      { hint: `Delete all but one, or name one: --config ${found}` },
    );
  }
  return undefined;
}
