import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Build } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { lockProject } from '../support/lock-project.ts';
import { packageManagerTools, pathWith } from '../support/package-manager-tools.ts';
import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { tempFolder, writeFiles } from '../support/temp-folder.ts';
import { testRunner } from '../support/test-runner.ts';
import type { TestRunner } from '../support/test-runner.ts';

const token = 'tok-0123456789-secret';

/** What a script of the project sees, and who on this machine shows the token to everybody. */
const look = `
  const { readdirSync, readFileSync, writeFileSync } = require('node:fs');
  const { API_TOKEN, NODE_ENV, CI, GLOBAL, OWN } = process.env;
  const showing = readdirSync('/proc').filter((pid) => {
    try {
      return /^\\d+$/.test(pid) && readFileSync('/proc/' + pid + '/cmdline', 'utf8').includes(API_TOKEN);
    } catch {
      return false;
    }
  });
  console.log('the token is', API_TOKEN);
  const seen = { NODE_ENV, CI, GLOBAL, OWN, hasToken: API_TOKEN.length, showing,
    leftover: process.env.NOT_ALLOWED, dev: require.resolve('is-odd').includes('is-odd') };
  writeFileSync(process.argv[2], JSON.stringify(seen));`;

const files = {
  'package.json': {
    json: {
      name: 'environment',
      version: '1.0.0',
      private: true,
      scripts: {
        postinstall: 'node look.cjs at-install.json',
        build: 'node look.cjs at-build.json',
        start: 'node server.cjs',
      },
      dependencies: { 'is-number': '7.0.0' },
      devDependencies: { 'is-odd': '3.0.1' },
    },
  },
  'look.cjs': look,
  'server.cjs': '',
};

/** Where each keeps what it downloads in the user's home, with XDG folders. */
const caches: Record<string, string> = {
  npm: '.npm/_cacache',
  pnpm: '.local/share/pnpm/store',
  'yarn 1': '.cache/yarn',
  'yarn 4': '.local/share/yarn/berry/cache',
  bun: '.cache/.bun/install/cache',
};

/** Names of caches that would lie in a project. */
const inProject = ['.npm', '_cacache', '.pnpm-store', '.yarn/cache', '.bun', '.cache'];

const offline = {
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  YARN_HTTP_PROXY: 'http://127.0.0.1:9',
  YARN_HTTPS_PROXY: 'http://127.0.0.1:9',
  npm_config_fetch_retries: '0',
};

describe.each(packageManagerTools)('$name $version', (tool) => {
  const major = tool.version.split('.')[0] ?? '';
  const cache = caches[tool.name] ?? caches[`${tool.name} ${major}`] ?? '';

  async function build(
    { runner, config }: TestRunner,
    dir: string,
    envVars: Record<string, string>,
  ): Promise<{ build: Build; release: string; seen: (at: string) => unknown }> {
    const project = projectRecord(dir);
    const result = await runner.build(project, buildRecord(deploymentRecord(project)), {
      envVars: { PATH: pathWith(tool), OWN: 'of this call', ...envVars },
      secrets: { API_TOKEN: token },
    });
    const release = join(config.buildDir ?? '', project.id, result.id);
    const seen = (at: string): unknown => JSON.parse(readFileSync(join(release, `at-${at}.json`), 'utf8'));
    return { build: result, release, seen };
  }

  it('gets what is allowed, devDependencies in any mode, and shows no secret', async () => {
    const test = testRunner({
      allowInstallScripts: true,
      globalEnvVars: { GLOBAL: 'of all', OWN: 'of all' },
    });
    const dir = await writeFiles(tempFolder(), files);
    await lockProject(tool, dir);
    process.env.NOT_ALLOWED = 'of the runner';
    const { build: result, seen } = await build(test, dir, {});
    delete process.env.NOT_ALLOWED;
    expect(result.errorMessage, result.logs).toBeNull();
    const both = { GLOBAL: 'of all', OWN: 'of this call', hasToken: token.length, showing: [], dev: true };
    expect(seen('install')).toEqual({ ...both, NODE_ENV: 'development', CI: expect.any(String) as string });
    expect(seen('build')).toEqual({ ...both, NODE_ENV: 'production', CI: '1' });
    expect(result.logs).toContain(`the token is ${'*'.repeat(token.length)}`);
    expect(result.logs).not.toContain(token);
  });

  it('keeps what it downloads in the user’s home, for all projects', async () => {
    const test = testRunner();
    const home = tempFolder();
    const variables = {
      HOME: home,
      XDG_CACHE_HOME: join(home, '.cache'),
      XDG_DATA_HOME: join(home, '.local/share'),
    };
    const [first, second] = await Promise.all([1, 2].map(() => writeFiles(tempFolder(), files)));
    await Promise.all([first, second].map((dir) => lockProject(tool, dir ?? '')));
    const online = await build(test, first ?? '', variables);
    expect(online.build.errorMessage, online.build.logs).toBeNull();
    expect(readdirSync(join(home, cache)).length).toBeGreaterThan(0);
    const again = await build(test, second ?? '', { ...variables, ...offline });
    expect(again.build.errorMessage, again.build.logs).toBeNull();
    for (const { release } of [online, again]) {
      expect(inProject.filter((name) => existsSync(join(release, name)))).toEqual([]);
    }
  });
});
