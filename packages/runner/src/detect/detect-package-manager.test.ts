import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { bun } from '@project-runner/pm-bun';
import { npm } from '@project-runner/pm-npm';
import { pnpm } from '@project-runner/pm-pnpm';
import { yarn } from '@project-runner/pm-yarn';
import { describe, expect, it, onTestFinished } from 'vitest';

import { detectPackageManager } from './detect-package-manager.ts';
import type { DetectedPackageManager } from './detect-package-manager.ts';

const managers = [npm(), pnpm(), yarn(), bun()];
const classic = '# yarn lockfile v1\n';
const berry = '__metadata:\n  version: 10\n';

/** Writes files into a folder and detects in one of its folders. */
function detect(
  files: Record<string, string>,
  at = '.',
  limit?: string,
): DetectedPackageManager & { root: string } {
  const root = mkdtempSync(join(tmpdir(), 'detect-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return { ...detectPackageManager(join(root, at), managers, limit && join(root, limit)), root };
}

describe('detectPackageManager', () => {
  it('takes the first one where nothing says which', () => {
    const dir = mkdtempSync(join(tmpdir(), 'detect-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const reason = 'nothing says otherwise';
    expect(detectPackageManager(dir, managers)).toMatchObject({ plugin: { name: 'npm' }, reason });
    expect(detectPackageManager(dir, [pnpm(), npm()])).toMatchObject({ plugin: { name: 'pnpm' }, reason });
  });

  it.each([
    ['npm', undefined, { 'package-lock.json': '{}' }],
    ['npm', undefined, { 'npm-shrinkwrap.json': '{}' }],
    ['pnpm', undefined, { 'pnpm-lock.yaml': '' }],
    ['yarn', '1', { 'yarn.lock': classic }],
    ['yarn', '4', { 'yarn.lock': berry }],
    ['yarn', '4', { '.yarnrc.yml': '' }],
    ['bun', undefined, { 'bun.lock': '{}' }],
    ['bun', undefined, { 'bun.lockb': '' }],
    ['bun', undefined, { 'bun.lock': '{}', 'yarn.lock': classic }],
    ['npm', undefined, { 'node_modules/.package-lock.json': '{}' }],
    ['pnpm', undefined, { 'node_modules/.modules.yaml': '' }],
    ['yarn', '1', { 'node_modules/.yarn-integrity': '' }],
    ['npm', undefined, {}],
    [
      'pnpm',
      '10.1.0',
      { 'package.json': '{"packageManager":"pnpm@10.1.0+sha512.abc"}', 'package-lock.json': '{}' },
    ],
    ['yarn', '4.9.0', { 'package.json': '{"packageManager":"yarn@4.9.0"}' }],
    ['bun', '^1.2', { 'package.json': '{"devEngines":{"packageManager":{"name":"bun","version":"^1.2"}}}' }],
    [
      'pnpm',
      undefined,
      { 'package.json': '{"devEngines":{"packageManager":[{"name":"pnpm"}]}}', 'yarn.lock': classic },
    ],
    ['pnpm', undefined, { 'pnpm-lock.yaml': '', 'node_modules/.package-lock.json': '{}' }],
  ])('%s %s from %j', (name, version, files) => {
    const found = detect(files);
    expect([found.plugin.name, found.version]).toEqual([name, version]);
  });

  it('refuses a tie, naming both files and the fix', () => {
    expect(() => detect({ 'package-lock.json': '{}', 'yarn.lock': classic })).toThrowError(
      expect.objectContaining({
        code: 'PACKAGE_MANAGER_AMBIGUOUS',
        message: expect.stringMatching(/package-lock\.json \(npm\) and yarn\.lock \(yarn\)/) as string,
        hint: expect.stringContaining('"packageManager": "npm@<version>"') as string,
      }),
    );
  });

  it('refuses a manager that nobody knows', () => {
    expect(() => detect({ 'package.json': '{"packageManager":"deno@2.0.0"}' })).toThrowError(
      expect.objectContaining({ code: 'PACKAGE_MANAGER_UNKNOWN' }),
    );
    const devEngines = { packageManager: { name: `a\u009b31m${'x'.repeat(5000)}` } };
    expect(() => detect({ 'package.json': JSON.stringify({ devEngines }) })).toThrowError(
      /asks for "a\\u\{9b\}31mx{89}…" in devEngines/,
    );
  });

  const workspace = {
    'package.json': '{"workspaces":["apps/*","!apps/old"]}',
    'package-lock.json': '{}',
    'apps/web/package.json': '{}',
    'apps/old/package.json': '{}',
    'stray/package.json': '{}',
  };

  it('installs a member of a workspace at its root', () => {
    const { installDir, lockfile, root } = detect(workspace, 'apps/web');
    expect({ installDir, lockfile }).toEqual({ installDir: root, lockfile: 'package-lock.json' });
  });

  it.each(['apps/old', 'stray'])('leaves a workspace alone that does not name the project: %s', (at) => {
    const { installDir, lockfile, root } = detect(workspace, at);
    expect({ installDir, lockfile }).toEqual({ installDir: join(root, at), lockfile: undefined });
  });

  it('finds the members of a pnpm workspace', () => {
    const files = {
      'pnpm-workspace.yaml': 'packages:\n  - "libs/**"\n',
      'pnpm-lock.yaml': '',
      'libs/a/b/package.json': '{}',
    };
    const { installDir, plugin, root } = detect(files, 'libs/a/b');
    expect([installDir, plugin.name]).toEqual([root, 'pnpm']);
  });

  it('lets the nearest folder decide, and its declaration use the lockfile of the root', () => {
    const nearest = detect({ ...workspace, 'apps/web/pnpm-lock.yaml': '' }, 'apps/web');
    expect([nearest.plugin.name, nearest.installDir]).toEqual(['pnpm', join(nearest.root, 'apps/web')]);
    const declared = detect(
      { ...workspace, 'apps/web/package.json': '{"packageManager":"npm@11.0.0"}' },
      'apps/web',
    );
    expect([declared.lockfile, declared.installDir, declared.version]).toEqual([
      'package-lock.json',
      declared.root,
      '11.0.0',
    ]);
  });

  it.each([
    ['a lockfile', { 'pnpm-lock.yaml': '' }],
    ['a declaration', { 'package.json': '{"packageManager":"pnpm@10.1.0"}' }],
  ])('never lets leftovers of an install beat %s further up', (_, above) => {
    const { plugin, installDir, root } = detect(
      {
        'pnpm-workspace.yaml': 'packages:\n  - apps/*\n',
        ...above,
        'apps/web/node_modules/.package-lock.json': '{}',
        'apps/web/node_modules/.yarn-integrity': '',
      },
      'apps/web',
    );
    expect([plugin.name, installDir]).toEqual(['pnpm', root]);
  });

  it('takes the nearest leftovers where there is nothing better', () => {
    const files = {
      'package.json': '{"workspaces":["apps/*"]}',
      'node_modules/.package-lock.json': '{}',
      'apps/web/node_modules/.yarn-integrity': '',
    };
    expect(detect(files, 'apps/web').plugin.name).toBe('yarn');
  });

  it('does not look above the limit', () => {
    const host = {
      'package.json': '{"packageManager":"deno@2.0.0","workspaces":["**"]}',
      'yarn.lock': classic,
      'builds/one/apps/web/package.json': '{}',
      'builds/one/package.json': '{"workspaces":["apps/*"]}',
    };
    const alone = detect(host, 'builds/one', 'builds/one');
    expect([alone.plugin.name, alone.installDir]).toEqual(['npm', join(alone.root, 'builds/one')]);
    const member = detect(host, 'builds/one/apps/web', 'builds/one');
    expect([member.plugin.name, member.installDir]).toEqual(['npm', join(member.root, 'builds/one')]);
  });
});
