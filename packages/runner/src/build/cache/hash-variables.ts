import { createHmac, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** They say where this machine has things and how it reaches the network, not what a build makes. */
const placesOnly = new Set([
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
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
  'NPM_CONFIG_CACHE',
  'NPM_CONFIG_USERCONFIG',
  'NPM_CONFIG_STORE_DIR',
  'NPM_TOKEN',
  'NODE_AUTH_TOKEN',
  'YARN_NPM_AUTH_TOKEN',
  'YARN_CACHE_FOLDER',
  'YARN_HTTP_PROXY',
  'YARN_HTTPS_PROXY',
  'PNPM_CONFIG_STORE_DIR',
  'PNPM_HOME',
  'XDG_CACHE_HOME',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  'SYSTEMROOT',
  'COMSPEC',
  'PATHEXT',
  'APPDATA',
  'LOCALAPPDATA',
  'USERPROFILE',
]);

type Variables = Readonly<Record<string, string>>;

/**
 * The variables that a build depends on, by name, with values that nobody can read back. `inherited` came from the
 * runner's own environment: of those the ones that only name places are left out, unless somebody set them on purpose.
 */
export function hashVariables(
  variables: Variables,
  inherited: Variables,
  key: Uint8Array,
): Record<string, string> {
  const names = Object.keys(variables).filter(
    (name) => !(placesOnly.has(name.toUpperCase()) && variables[name] === inherited[name]),
  );
  return Object.fromEntries(names.sort().map((name) => [name, hashValue(name, variables[name] ?? '', key)]));
}

/** Half a SHA-256 is more than anybody can collide. The name goes in, so that equal values do not look it. */
function hashValue(name: string, value: string, key: Uint8Array): string {
  return createHmac('sha256', key).update(`${name}\0${value}`).digest('hex').slice(0, 32);
}

/** The key of this cache, made when it is first asked for. @throws Error of the file system */
export async function readHashKey(file: string): Promise<Uint8Array> {
  const found = await readKey(file);
  if (found) return found;
  const draft = `${file}.${randomBytes(8).toString('hex')}.tmp`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(randomBytes(32));
      await handle.sync();
    } finally {
      await handle.close();
    }
    // Of several that make one at once, the first one counts for all.
    await link(draft, file).catch(() => undefined);
  } finally {
    await rm(draft, { force: true });
  }
  const made = await readKey(file);
  if (made) return made;
  // A damaged one: nothing that was hashed with it is of use to anybody.
  await rm(file, { force: true });
  return readHashKey(file);
}

async function readKey(file: string): Promise<Uint8Array | null> {
  try {
    const key = await readFile(file);
    return key.length === 32 ? key : null;
  } catch {
    return null;
  }
}
