import { bun } from '@project-runner/pm-bun';
import { npm } from '@project-runner/pm-npm';
import { pnpm } from '@project-runner/pm-pnpm';
import { yarn } from '@project-runner/pm-yarn';
import { describe, expect, it } from 'vitest';

import { tempFolder, writeFiles } from './build-fixture.test-support.ts';
import { skippedScriptsLine } from './skipped-scripts.ts';

const withScripts = (...names: string[]): { json: unknown } => ({
  json: { scripts: Object.fromEntries(names.map((name) => [name, 'x'])) },
});
const options = { frozen: true, allowScripts: false, standalone: true };

const project = (): string =>
  writeFiles(tempFolder(), {
    'package.json': withScripts('postinstall', 'prepare', 'build'),
    'node_modules/esbuild/package.json': withScripts('postinstall'),
    'node_modules/@scope/native/package.json': withScripts('install', 'test'),
    'node_modules/gyp/package.json': { json: {} },
    'node_modules/gyp/binding.gyp': '',
    'node_modules/broken/package.json': '{',
    'node_modules/quiet/package.json': withScripts('prepare', 'build', 'prepublishOnly'),
    'node_modules/.bin/esbuild': '',
    'node_modules/.pnpm/node_modules/inner/package.json': withScripts('preinstall'),
    'node_modules/.pnpm/node_modules/esbuild/package.json': withScripts('postinstall'),
  });

describe('an install that skipped all scripts', () => {
  it.each([
    ['npm 11', npm(), '11.19.1'],
    ['pnpm 9', pnpm(), '9.15.9'],
    ['yarn 1', yarn(), '1.22.22'],
    ['bun', bun(), '1.4.5'],
  ])('under %s names the packages and what the project has of its own', (_, plugin, version) => {
    const command = plugin.install({ ...options, version });
    expect(skippedScriptsLine({ plugin, command, output: '', folders: [project()] })).toBe(
      "Install scripts were skipped: @scope/native, esbuild, gyp, inner, the project's own (postinstall, prepare). " +
        'Allow them with allowInstallScripts',
    );
  });

  it('looks at the root of a workspace and at the project', () => {
    const root = writeFiles(tempFolder(), {
      'package.json': withScripts('build'),
      'node_modules/a/package.json': withScripts('install'),
      'apps/web/package.json': withScripts('preinstall'),
      'apps/web/node_modules/b/package.json': withScripts('install'),
    });
    const command = npm().install(options);
    const folders = [root, `${root}/apps/web`];
    expect(skippedScriptsLine({ plugin: npm(), command, output: '', folders })).toContain(
      "skipped: a, b, the project's own (preinstall).",
    );
  });

  it('says nothing where there were none', () => {
    const folders = [writeFiles(tempFolder(), { 'package.json': withScripts('build') })];
    const command = npm().install(options);
    expect(skippedScriptsLine({ plugin: npm(), command, output: '', folders })).toBeUndefined();
  });
});

describe('an install that chose', () => {
  const command = pnpm().install({ ...options, version: '12.21.0' });

  it('is taken at its word', () => {
    const done = { plugin: pnpm(), command, folders: [project()] };
    expect(skippedScriptsLine({ ...done, output: 'Ignored build scripts: esbuild@0.25.12.' })).toBe(
      'Install scripts were skipped: esbuild. Allow them with allowInstallScripts',
    );
    expect(skippedScriptsLine({ ...done, output: 'Done in 51ms' })).toBeUndefined();
  });

  it('that answers no list is a broken plugin', () => {
    const plugin = { ...pnpm(), skippedScripts: () => 'esbuild' as never };
    expect(() => skippedScriptsLine({ plugin, command, output: '', folders: [] })).toThrowError(
      expect.objectContaining({ code: 'PLUGIN_INVALID', plugin: 'package-manager:pnpm' }),
    );
  });
});
