import type { Logger } from '@project-runner/core';

import { isMaskable } from './secret-mask.ts';

/** The names that each logger was told of. */
const told = new WeakMap<Logger, Set<string>>();

/** The values of variables that are to be masked. One that is too short for that is told of once, by its name. */
export function secretValues(
  names: readonly string[],
  env: Readonly<Record<string, string>>,
  logger: Logger,
): string[] {
  const known = told.get(logger) ?? new Set();
  told.set(logger, known);
  return names.flatMap((name) => {
    const value = env[name];
    if (value === undefined) return [];
    if (value.trim() !== '' && !isMaskable(value) && !known.has(name)) {
      known.add(name);
      logger.warn(
        `The secret ${name} is not masked in logs: it has fewer than 4 bytes, and other text would be masked, too; give it a longer value`,
      );
    }
    return [value];
  });
}
