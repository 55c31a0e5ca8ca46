import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it, onTestFinished } from 'vitest';

import {
  detectPackageManager,
  getBuildArgs,
  getInstallArgs,
  hasBuildScript,
} from './package-manager-args.ts';
import { runCommand } from './spawn-command.ts';

function folder(files: Record<string, string>): string {
  const dir = mkdtempSync(join(tmpdir(), 'args-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

describe('detectPackageManager', () => {
  it('answers the name, npm where nothing says otherwise', async () => {
    expect(await detectPackageManager(folder({ 'bun.lock': '{}' }))).toBe('bun');
    expect(await detectPackageManager(folder({}))).toBe('npm');
  });

  it('finds the workspace of a member that is named by `.`', async () => {
    const root = folder({
      'pnpm-workspace.yaml': 'packages:\n  - packages/*\n',
      'pnpm-lock.yaml': '',
      'packages/web/package.json': '{}',
    });
    const module = fileURLToPath(new URL('package-manager-args.ts', import.meta.url));
    const script = `const { detectPackageManager } = await import(${JSON.stringify(module)});
      console.log(await detectPackageManager('.'));`;
    const result = await runCommand('node', ['--input-type=module', '-e', script], {
      cwd: join(root, 'packages/web'),
      env: {},
    });
    expect(result).toMatchObject({ exitCode: 0, output: expect.arrayContaining(['pnpm']) });
  });

  it('rejects where it cannot tell', async () => {
    const tie = folder({ 'package-lock.json': '{}', 'pnpm-lock.yaml': '' });
    await expect(detectPackageManager(tie)).rejects.toMatchObject({ code: 'PACKAGE_MANAGER_AMBIGUOUS' });
    const broken = folder({ 'package.json': '{' });
    await expect(detectPackageManager(broken)).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
  });
});

describe('getInstallArgs', () => {
  it.each([
    ['npm', undefined, 'ci'],
    ['pnpm', undefined, '--frozen-lockfile'],
    ['yarn', undefined, '--immutable'],
    ['yarn', '1.22.22', '--frozen-lockfile'],
    ['bun', undefined, '--frozen-lockfile'],
  ])('of %s %s keeps to the lockfile', (name, version, flag) => {
    expect(getInstallArgs(name, version)).toContain(flag);
  });

  it('gives everybody an array of their own', () => {
    getInstallArgs('npm').push('--force');
    expect(getInstallArgs('npm')).not.toContain('--force');
  });
});

it('getBuildArgs runs the script, not a command of that name (`bun build` is a bundler)', () => {
  for (const name of ['npm', 'pnpm', 'yarn', 'bun']) expect(getBuildArgs(name)).toEqual(['run', 'build']);
});

it('a name that is not in the preset is refused with those that are', () => {
  const refusal = /one of npm, pnpm, yarn, bun; found "deno"/;
  expect(() => getInstallArgs('deno')).toThrow(refusal);
  expect(() => getBuildArgs('deno')).toThrow(refusal);
});

it('hasBuildScript reads package.json', async () => {
  const has = (files: Record<string, string>): Promise<boolean> => hasBuildScript(folder(files));
  expect(await has({ 'package.json': '{"scripts":{"build":"tsc"}}' })).toBe(true);
  expect(await has({ 'package.json': '{"scripts":{"prebuild":"tsc"}}' })).toBe(false);
  expect(await has({})).toBe(false);
  await expect(has({ 'package.json': '{' })).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
});
