import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { toolsOf } from '../support/package-manager-tools.ts';
import { commandOf, runTool } from '../support/run-tool.ts';
import { tempFolder, writeFiles } from '../support/temp-folder.ts';

const options = { frozen: true, allowScripts: false, standalone: true };
const manifest = { name: 'app', version: '1.0.0', dependencies: { 'is-odd': '3.0.1' } };

/** pnpm 9 keeps no settings in that file. */
const withSettings = [...toolsOf('pnpm', 10), ...toolsOf('pnpm', 12)];

describe.each(withSettings)('pnpm $version', (tool) => {
  it('obeys the settings in the project’s own pnpm-workspace.yaml', async () => {
    const dir = await writeFiles(tempFolder(), {
      'package.json': { json: manifest },
      'pnpm-workspace.yaml': 'overrides:\n  is-number: 7.0.0\n',
    });
    const lock = await runTool(tool, dir, commandOf('pnpm install --lockfile-only'));
    expect(lock.code, lock.output).toBe(0);
    const { code, output } = await runTool(
      tool,
      dir,
      tool.plugin.install({ ...options, version: tool.version }),
    );
    expect(code, output).toBe(0);
    expect(existsSync(join(dir, 'node_modules/.pnpm/is-number@7.0.0'))).toBe(true);
  });
});

describe.each(toolsOf('pnpm'))('pnpm $version', (tool) => {
  it('calls a lockfile of an older pnpm stale, and the fix mends it', async () => {
    const dir = await writeFiles(tempFolder(), {
      'package.json': { json: manifest },
      'pnpm-lock.yaml': 'lockfileVersion: 5.4\n\nspecifiers:\n  is-odd: 3.0.1\n',
    });
    const install = tool.plugin.install({ ...options, version: tool.version });
    const refused = await runTool(tool, dir, install);
    const failure = tool.plugin.explainFailure?.(refused.output);
    expect(failure?.reason, refused.output).toBe('stale-lockfile');
    await runTool(tool, dir, commandOf(failure?.fix ?? ''));
    const { code, output } = await runTool(tool, dir, install);
    expect(code, output).toBe(0);
  });

  it('runs although the project pins another pnpm', async () => {
    const dir = await writeFiles(tempFolder(), {
      'package.json': {
        json: { name: 'app', packageManager: 'pnpm@8.0.0', scripts: { build: 'node -p 6*7' } },
      },
    });
    const { code, output } = await runTool(tool, dir, tool.plugin.run('build', []));
    expect(code, output).toBe(0);
    expect(output).toContain('42');
  });
});

describe.each(toolsOf('npm', 12))('npm $version', (tool) => {
  it('does not know a shrinkwrap; the fix makes a lockfile of it', async () => {
    const dir = await writeFiles(tempFolder(), { 'package.json': { json: manifest } });
    for (const npm11 of toolsOf('npm', 11)) {
      await runTool(npm11, dir, commandOf('npm install'));
      await runTool(npm11, dir, commandOf('npm shrinkwrap'));
    }
    expect(existsSync(join(dir, 'npm-shrinkwrap.json'))).toBe(true);
    const install = tool.plugin.install({ ...options, version: tool.version });
    const refused = await runTool(tool, dir, install);
    const failure = tool.plugin.explainFailure?.(refused.output);
    expect(failure?.reason, refused.output).toBe('other');
    await runTool(tool, dir, commandOf(failure?.fix ?? ''));
    const { code, output } = await runTool(tool, dir, install);
    expect(code, output).toBe(0);
  });
});

describe.each(toolsOf('yarn', 4))('yarn $version', (tool) => {
  it('needs a lockfile of its own beneath another package.json', async () => {
    const root = await writeFiles(tempFolder(), {
      'package.json': { json: { name: 'host' } },
      'app/package.json': { json: manifest },
    });
    const { code, output } = await runTool(
      tool,
      join(root, 'app'),
      tool.plugin.install({ ...options, frozen: false, version: tool.version }),
    );
    expect(code).toBe(1);
    expect(tool.plugin.explainFailure?.(output), output).toEqual({ reason: 'other', fix: 'yarn install' });
  });

  it("replaces Plug'n'Play by node_modules", async () => {
    const dir = await writeFiles(tempFolder(), { 'package.json': { json: manifest }, 'yarn.lock': '' });
    await runTool(tool, dir, commandOf('yarn install'), { YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' });
    expect(existsSync(join(dir, '.pnp.cjs'))).toBe(true);
    const { code, output } = await runTool(
      tool,
      dir,
      tool.plugin.install({ ...options, version: tool.version }),
    );
    expect(code, output).toBe(0);
    expect(existsSync(join(dir, '.pnp.cjs'))).toBe(false);
    expect(existsSync(join(dir, 'node_modules/is-odd'))).toBe(true);
  });
});

describe.each(toolsOf('bun'))('bun $version', (tool) => {
  it('installs from a binary lockfile', async () => {
    const dir = await writeFiles(tempFolder(), {
      'package.json': { json: manifest },
      'bunfig.toml': '[install]\nsaveTextLockfile = false\n',
    });
    await runTool(tool, dir, commandOf('bun install'));
    await rm(join(dir, 'node_modules'), { recursive: true });
    expect(existsSync(join(dir, 'bun.lockb'))).toBe(true);
    const { code, output } = await runTool(tool, dir, tool.plugin.install(options));
    expect(code, output).toBe(0);
    expect(existsSync(join(dir, 'node_modules/is-odd'))).toBe(true);
  });
});
