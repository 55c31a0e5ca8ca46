/** Fields that must not come after a body: they say how to read it, or who may (RFC 9110, 6.5.1). */
const forbidden: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'host',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Pairs, as `addTrailers` takes them; empty for none. */
export function trailers(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string;
    if (!forbidden.has(name.toLowerCase())) pairs.push([name, raw[index + 1] as string]);
  }
  return pairs;
}
