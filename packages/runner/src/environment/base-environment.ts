import { baseEnvironment } from '@project-runner/launcher-local';

export { baseEnvironment };

/** Secrets among the settings of a build. */
export const registryTokens: readonly string[] = ['NPM_TOKEN', 'NODE_AUTH_TOKEN', 'YARN_NPM_AUTH_TOKEN'];

/** Only a build talks to a registry; these say which one and where its caches and credentials are. */
const allowedForBuilds = new Set([
  'NPM_CONFIG_REGISTRY',
  'NPM_CONFIG_USERCONFIG',
  'NPM_CONFIG_CACHE',
  'NPM_CONFIG_STORE_DIR',
  ...registryTokens,
  // pnpm 11 and newer read these instead of npm's.
  'PNPM_CONFIG_REGISTRY',
  'PNPM_CONFIG_STORE_DIR',
  'COREPACK_NPM_REGISTRY',
  'YARN_REGISTRY',
  'YARN_NPM_REGISTRY_SERVER',
  'YARN_CACHE_FOLDER',
  // Yarn 4 does not read HTTP_PROXY.
  'YARN_HTTP_PROXY',
  'YARN_HTTPS_PROXY',
  'BUN_CONFIG_REGISTRY',
  'PNPM_HOME',
  'XDG_CACHE_HOME',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
]);

type Environment = Readonly<Record<string, string | undefined>>;

/** The same for a package manager or a build script, with registry settings on top. */
export function buildEnvironment(environment: Environment = process.env): Record<string, string> {
  return {
    ...baseEnvironment(environment),
    ...registrySettings(environment),
  };
}

function isRegistrySetting(name: string): boolean {
  // In lower case npm exports a script's own settings to its children, among them paths of another project.
  // `npm_config_registry` is the one that people also set by hand.
  if (name.startsWith('npm_')) return name === 'npm_config_registry';
  return allowedForBuilds.has(name.toUpperCase());
}

function registrySettings(environment: Environment): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && isRegistrySetting(name)) settings[name] = value;
  }
  return settings;
}
