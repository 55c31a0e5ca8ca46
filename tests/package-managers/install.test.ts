import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { InstallOptions } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { packageManagerTools } from '../support/package-manager-tools.ts';
import type { PackageManagerTool } from '../support/package-manager-tools.ts';
import { commandOf, runTool } from '../support/run-tool.ts';
import type { ToolResult } from '../support/run-tool.ts';
import { tempFolder, writeFiles } from '../support/temp-folder.ts';

const manifest = {
  name: 'real-project',
  version: '1.0.0',
  private: true,
  scripts: {
    build: 'esbuild index.js --outfile=out.js && tsc --version',
    postinstall: `node -e "require('fs').writeFileSync('own.txt', '')"`,
  },
  dependencies: { 'is-number': '7.0.0', 'dep-with-script': 'file:./dep.tgz' },
  devDependencies: { esbuild: '0.25.12', typescript: '5.9.3' },
};

/** What a build outside of the runner may have in its environment; no plugin may depend on it. */
const production = { NODE_ENV: 'production' };

/** Managers that leave out the scripts of dependencies only, and name them; the rest know all or none, and say nothing. */
const selective = new Set(['npm 12', 'pnpm 10', 'pnpm 12', 'yarn 4']);

describe.each(packageManagerTools)('$name $version', (tool) => {
  const key = `${tool.name} ${tool.version.split('.')[0]}`;

  it('skips install scripts of dependencies, keeps devDependencies, and the build works', async () => {
    const dir = await lockedProject(tool);
    const { code, output } = await install(tool, dir);
    expect(code, output).toBe(0);
    expect(existsSync(join(dir, 'node_modules/dep-with-script/ran.txt'))).toBe(false);
    expect(existsSync(join(dir, 'own.txt'))).toBe(selective.has(key));
    expect(tool.plugin.skippedScripts?.(output) ?? []).toEqual(
      selective.has(key) ? ['dep-with-script', 'esbuild'] : [],
    );

    const build = await runTool(
      tool,
      dir,
      tool.plugin.run('build', [], { version: tool.version }),
      production,
    );
    expect(build.code, build.output).toBe(0);
    expect(build.output).toContain('Version 5.9.3');
  });

  it('runs install scripts when they are allowed', async () => {
    const dir = await lockedProject(tool);
    const { code, output } = await install(tool, dir, { allowScripts: true });
    expect(code, output).toBe(0);
    expect(existsSync(join(dir, 'own.txt'))).toBe(true);
    // bun has no switch for all of them: what it may run is a list in package.json.
    expect(existsSync(join(dir, 'node_modules/dep-with-script/ran.txt'))).toBe(tool.name !== 'bun');
    expect(tool.plugin.skippedScripts?.(output) ?? []).toEqual([]);
  });

  it('refuses a stale lockfile and names the command that mends it', async () => {
    const dir = await lockedProject(tool);
    await writeManifest(dir, { dependencies: { ...manifest.dependencies, 'is-number': '6.0.0' } });
    const refused = await install(tool, dir);
    expect(refused.code, refused.output).toBe(1);
    const failure = tool.plugin.explainFailure?.(refused.output);
    expect(failure?.reason, refused.output).toBe('stale-lockfile');

    const mended = await runTool(tool, dir, commandOf(failure?.fix ?? ''));
    expect(mended.code, mended.output).toBe(0);
    const { code, output } = await install(tool, dir);
    expect(code, output).toBe(0);
    expect(await installedVersion(dir, 'is-number')).toBe('6.0.0');
  });

  it('installs in its own folder beneath a workspace of somebody else', async () => {
    const root = await writeFiles(tempFolder(), {
      'package.json': { json: { name: 'host', private: true, workspaces: ['packages/*'] } },
      'pnpm-workspace.yaml': 'packages:\n  - packages/*\n',
      'packages/member/package.json': { json: { name: 'member', version: '1.0.0' } },
    });
    const dir = join(root, 'builds/project');
    await cp(await lockedProject(tool), dir, { recursive: true });
    // A nested project that is no member of anything.
    await writeFiles(dir, {
      'examples/one/package.json': { json: { name: 'one', dependencies: { 'is-odd': '*' } } },
    });
    const { code, output } = await install(tool, dir);
    expect(code, output).toBe(0);
    expect(await installedVersion(dir, 'is-number')).toBe('7.0.0');
    expect(existsSync(join(root, 'node_modules'))).toBe(false);
    expect(existsSync(join(dir, 'examples/one/node_modules'))).toBe(false);
  });
});

async function install(
  tool: PackageManagerTool,
  dir: string,
  options: Partial<InstallOptions> = {},
): Promise<ToolResult> {
  const command = tool.plugin.install({
    frozen: true,
    allowScripts: false,
    standalone: true,
    version: tool.version,
    ...options,
  });
  return runTool(tool, dir, command, production);
}

/** A fresh checkout with a lockfile that the tool itself made. */
async function lockedProject(tool: PackageManagerTool): Promise<string> {
  const made = await writeFiles(tempFolder(), { 'index.js': '1;', 'yarn.lock': '' });
  await writeManifest(made);
  await packDependency(join(made, 'dep.tgz'));
  const { code, output } = await install(tool, made, { frozen: false });
  expect(code, output).toBe(0);
  const checkout = tempFolder();
  for (const name of ['package.json', 'index.js', 'dep.tgz', tool.lockfile])
    await cp(join(made, name), join(checkout, name));
  return checkout;
}

/** A package with an install script that leaves a trace. */
async function packDependency(file: string): Promise<void> {
  const dir = tempFolder();
  await mkdir(join(dir, 'package'));
  await writeFiles(dir, {
    'package/package.json': {
      json: {
        name: 'dep-with-script',
        version: '1.0.0',
        scripts: { postinstall: `node -e "require('fs').writeFileSync('ran.txt', '')"` },
      },
    },
  });
  await promisify(execFile)('tar', ['-czf', file, '-C', dir, 'package']);
}

async function writeManifest(dir: string, changes: object = {}): Promise<void> {
  await writeFile(join(dir, 'package.json'), JSON.stringify({ ...manifest, ...changes }, null, 2));
}

async function installedVersion(dir: string, name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(dir, 'node_modules', name, 'package.json'), 'utf8')).version;
}
