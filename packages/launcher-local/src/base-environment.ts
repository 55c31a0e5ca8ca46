/**
 * What a child may see of the runner's own environment; everything else stays here. Programs need to be found, caches
 * a home, text a language, and behind a company proxy nothing installs without its proxies and certificates.
 */
const allowed = new Set([
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TMPDIR',
  'TMP',
  'TEMP',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  // Windows cannot start most programs without these.
  'SYSTEMROOT',
  'COMSPEC',
  'PATHEXT',
  'APPDATA',
  'LOCALAPPDATA',
  'USERPROFILE',
]);

type Environment = Readonly<Record<string, string | undefined>>;

/** The allow-listed part of `environment`, for a server. No `npm_*` of the shell that started the runner. */
export function baseEnvironment(environment: Environment = process.env): Record<string, string> {
  return pick(environment, (name) => allowed.has(name.toUpperCase()) || name.startsWith('LC_'));
}

function pick(environment: Environment, test: (name: string) => boolean): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && test(name)) picked[name] = value;
  }
  return picked;
}
