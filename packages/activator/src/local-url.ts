/**
 * The path of a request to a project, as a server is to be asked for it; `null` for paths that do not begin with one of the
 * prefixes. Dot segments are resolved first: `/agent/../admin` is not `/agent…`.
 */
export function localPath(pathWithQuery: string, prefixes: readonly string[]): string | null {
  // Before a path stands a host, which nothing of the path may become a part of.
  if (!pathWithQuery.startsWith('/')) return null;
  const base = 'http://127.0.0.1';
  if (!URL.canParse(base + pathWithQuery)) return null;
  const { pathname, search } = new URL(base + pathWithQuery);
  return prefixes.some((prefix) => pathname.startsWith(prefix)) ? pathname + search : null;
}

export function localUrl({ host, port }: { host: string; port: number }, path: string): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
}
