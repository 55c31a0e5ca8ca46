import { describe, expect, it } from 'vitest';

import { baseEnvironment, buildEnvironment } from './base-environment.ts';

const shared = {
  PATH: '/usr/bin',
  HOME: '/home/ada',
  LANG: 'de_DE.UTF-8',
  LC_ALL: 'C',
  TZ: 'Europe/Berlin',
  TMPDIR: '/tmp/ada',
  HTTP_PROXY: 'http://proxy:3128',
  HTTPS_PROXY: 'http://proxy:3128',
  NO_PROXY: 'localhost',
  http_proxy: 'http://proxy:3128',
  https_proxy: 'http://proxy:3128',
  no_proxy: 'localhost',
  NODE_EXTRA_CA_CERTS: '/etc/company.pem',
  SSL_CERT_FILE: '/etc/company.pem',
};

const registry = {
  NPM_CONFIG_REGISTRY: 'https://npm.company',
  npm_config_registry: 'https://npm.company',
  NPM_CONFIG_USERCONFIG: '/home/ada/.npmrc',
  NPM_TOKEN: 'secret',
  NODE_AUTH_TOKEN: 'secret',
  pnpm_config_registry: 'https://npm.company',
  YARN_REGISTRY: 'https://npm.company',
  YARN_HTTPS_PROXY: 'http://proxy:3128',
  YARN_NPM_REGISTRY_SERVER: 'https://npm.company',
  BUN_CONFIG_REGISTRY: 'https://npm.company',
};

/** What a shell, `npm start` and a host leave in the environment of the runner. */
const leftovers = {
  NODE_OPTIONS: '--require ./instrument.js',
  NODE_ENV: 'test',
  PORT: '3000',
  DATABASE_URL: 'postgres://runner',
  AWS_SECRET_ACCESS_KEY: 'secret',
  INIT_CWD: '/srv/runner',
  npm_config_userconfig: '/srv/runner/.npmrc',
  npm_config_cache: '/srv/runner/.npm',
  npm_config_local_prefix: '/srv/runner',
  pnpm_config_verify_deps_before_run: 'false',
  npm_lifecycle_event: 'start',
  npm_package_json: '/srv/runner/package.json',
};

describe('the environment of a child', () => {
  const own = { ...shared, ...registry, ...leftovers };

  it('has what programs need of the runner’s own, in either case of the name', () => {
    expect(baseEnvironment(own)).toEqual(shared);
  });

  it('has registry settings on top where it builds', () => {
    expect(buildEnvironment(own)).toEqual({ ...shared, ...registry });
  });

  it('has no names for what is not set', () => {
    expect(buildEnvironment({ PATH: '/bin', HOME: undefined })).toEqual({ PATH: '/bin' });
  });
});
