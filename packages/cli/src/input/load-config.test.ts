import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { composePlugins } from '@project-runner/runner';
import { describe, expect, it } from 'vitest';

import { inConfig, loadConfig } from './load-config.ts';

function folder(files: Record<string, string>): string {
  const dir = mkdtempSync(join(tmpdir(), 'cli-config-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return dir;
}
const empty = folder({});

describe('loadConfig', () => {
  it('is empty where there is no file', async () => {
    expect(await loadConfig(empty, empty, undefined)).toEqual({ config: {}, file: undefined });
  });

  it.each([
    [
      'ts',
      'const range: { start: number; end: number } = { start: 5, end: 6 };\nexport default { portRange: range };',
    ],
    ['mts', 'export default { portRange: { start: 5, end: 6 } as const };'],
    ['js', 'module.exports = { portRange: { start: 5, end: 6 } };'],
    ['mjs', 'export default { portRange: { start: 5, end: 6 } };'],
    ['json', '{ "portRange": { "start": 5, "end": 6 } }'],
  ])('reads .%s', async (extension, text) => {
    const dir = folder({ [`project-runner.config.${extension}`]: text });
    mkdirSync(join(dir, 'node_modules'));
    const { config, file } = await loadConfig(dir, empty, undefined);
    expect(config).toEqual({ portRange: { start: 5, end: 6 } });
    expect(file).toBe(join(dir, `project-runner.config.${extension}`));
    expect(existsSync(join(dir, 'node_modules/.cache'))).toBe(false);
  });

  it('prefers the project over the current folder, and a file given over both', async () => {
    const of = (name: string): string => `{ "globalEnvVars": { "FROM": "${name}" } }`;
    const project = folder({ 'project-runner.config.json': of('project') });
    const cwd = folder({ 'project-runner.config.json': of('cwd'), 'other.json': of('given') });
    const from = async (...args: Parameters<typeof loadConfig>): Promise<string | undefined> =>
      (await loadConfig(...args)).config.globalEnvVars?.FROM;
    expect(await from(project, cwd, undefined)).toBe('project');
    expect(await from(empty, cwd, undefined)).toBe('cwd');
    expect(await from(project, cwd, 'other.json')).toBe('given');
  });

  it('takes folders as relative to the file', async () => {
    const dir = folder({ 'project-runner.config.json': '{ "stateDir": "state", "buildDir": "/builds" }' });
    const { config } = await loadConfig(dir, empty, undefined);
    expect(config).toEqual({ stateDir: join(dir, 'state'), buildDir: '/builds' });
  });

  it('reads nothing else', async () => {
    const dir = folder({
      '.project-runnerrc': 'logRetentionLines=7',
      '.env': 'CLI_CONFIG_TEST=1',
      'package.json': '{ "project-runner": { "logRetentionLines": 7 } }',
      'project-runner.config.json': '{}',
    });
    expect((await loadConfig(dir, empty, undefined)).config).toEqual({});
    expect(process.env.CLI_CONFIG_TEST).toBeUndefined();
  });

  it.each([
    ['throws', "throw new Error('boom')", 'CONFIG_INVALID', /config\.mjs cannot be loaded: boom/],
    ['is no JavaScript', 'export default {', 'CONFIG_INVALID', /config\.mjs cannot be loaded/],
    [
      'exports no object',
      "export default 'text'",
      'CONFIG_INVALID',
      /config\.mjs must export an object by default/,
    ],
    ['exports a list', 'export default []', 'CONFIG_INVALID', /config\.mjs must export an object by default/],
    [
      'has an unknown key',
      'export default { extends: "x" }',
      'CONFIG_INVALID',
      /config\.mjs: unknown key "extends"$/,
    ],
    [
      'has a misspelt key',
      'export default { plugin: [] }',
      'CONFIG_INVALID',
      /config\.mjs: unknown key "plugin", did you mean "plugins"\?$/,
    ],
    [
      'has a wrong value',
      'export default { stopGraceMs: "1" }',
      'CONFIG_INVALID',
      /config\.mjs: wrong value for stopG/,
    ],
  ])('names a file that %s', async (_, text, code, message) => {
    const dir = folder({ 'project-runner.config.mjs': text });
    const error: unknown = await loadConfig(dir, empty, undefined).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it.each([
    ['a broken plugin', 'plugins: [{}]', 'PLUGIN_INVALID', /config\.mjs: A plugin's kind must/],
    ['a stranger left out', 'without: ["a:b"]', 'PLUGIN_MISSING', /config\.mjs: there is no plugin/],
  ])('leaves %s to those who compose, and names the file then', async (_, text, code, message) => {
    const dir = folder({ 'project-runner.config.mjs': `export default { ${text} }` });
    const { config, file } = await loadConfig(dir, empty, undefined);
    expect(() => inConfig(file, () => composePlugins(config))).toThrowError(
      expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error,
    );
  });

  it('refuses a folder with two', async () => {
    const dir = folder({
      'project-runner.config.js': 'module.exports = {}',
      'project-runner.config.json': '{}',
    });
    await expect(loadConfig(dir, empty, undefined)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `${dir} has more than one configuration: project-runner.config.js, project-runner.config.json`,
    });
    expect((await loadConfig(dir, empty, join(dir, 'project-runner.config.json'))).config).toEqual({});
  });

  it('names broken JSON once', async () => {
    const dir = folder({ 'project-runner.config.json': '{' });
    const error = (await loadConfig(dir, empty, undefined).catch((reason: unknown) => reason)) as Error;
    expect(error.message).toMatch(/config\.json cannot be loaded: Expected/);
    expect(error.message.split(dir)).toHaveLength(2);
  });

  it.each([
    ['a function', 'export default () => ({ stopGraceMs: 5 });'],
    ['an async function', 'export default async () => ({ stopGraceMs: 5 });'],
    ['named exports', 'export const stopGraceMs = 5;'],
  ])('takes %s', async (_, text) => {
    const dir = folder({ 'project-runner.config.mts': text });
    expect((await loadConfig(dir, empty, undefined)).config).toEqual({ stopGraceMs: 5 });
  });

  it('names a file that is not there', async () => {
    await expect(loadConfig(empty, empty, 'none.ts')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `--config ${join(empty, 'none.ts')} is not there`,
    });
  });
});
