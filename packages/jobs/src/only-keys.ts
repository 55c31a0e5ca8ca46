import { ProjectRunnerError } from '@project-runner/core';

/**
 * A key that nobody knows is a mistake in writing, and to pass over it would be to do something else than was asked for.
 * @throws ProjectRunnerError `CONFIG_INVALID`
 */
export function onlyKeys(what: string, value: unknown, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProjectRunnerError('CONFIG_INVALID', `${what}: expected an object with ${known.join(', ')}`);
  }
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new ProjectRunnerError(
    'CONFIG_INVALID',
    `${what}: unknown key ${JSON.stringify(unknown)}; the keys are ${known.join(', ')}`,
  );
}
