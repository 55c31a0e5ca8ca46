/**
 * Variables as a host's records keep them: a record, or a list of `{ key, value }`. Entries without a plain text value
 * (a host may store them encrypted) are left out: the host gives those by `envVars` of the options.
 */
export function storedVariables(stored: unknown): Record<string, string> {
  const variables: Record<string, string> = {};
  if (typeof stored !== 'object' || stored === null) return variables;
  const pairs: [unknown, unknown][] = Array.isArray(stored)
    ? stored.map((item: { key?: unknown; value?: unknown } | null) => [item?.key, item?.value])
    : Object.entries(stored);
  for (const [name, value] of pairs) {
    if (typeof name === 'string' && name !== '' && !name.includes('=') && typeof value === 'string') {
      variables[name] = value;
    }
  }
  return variables;
}
