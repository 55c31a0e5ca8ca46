import { envVars } from '../resolve-config.ts';

/**
 * Variables as a host's records keep them: a record, or a list of `{ key, value }`. Entries without a plain text value
 * (a host may store them encrypted) are left out: the host gives those by `envVars` of the options.
 * @throws ProjectRunnerError `CONFIG_INVALID` for a name or a value that no process can be given; it shows no value
 */
export function storedVariables(stored: unknown, where = 'stored variables'): Record<string, string> {
  if (typeof stored !== 'object' || stored === null) return {};
  const pairs: [unknown, unknown][] = Array.isArray(stored)
    ? stored.map((item: { key?: unknown; value?: unknown } | null) => [item?.key, item?.value])
    : Object.entries(stored);
  const plain = pairs.filter(
    (pair): pair is [string, string] => typeof pair[0] === 'string' && typeof pair[1] === 'string',
  );
  return { ...envVars(where, Object.fromEntries(plain)) };
}
