import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { callPlugin, pluginKey, ProjectRunnerError } from '@project-runner/core';
import type { Command, PackageManagerPlugin } from '@project-runner/core';

import { readManifest } from '../detect/read-manifest.ts';

export interface InstallDone {
  plugin: PackageManagerPlugin;
  command: Command;
  /** What the install printed. */
  output: string;
  /** The folder of the install, and the project where that is another one. */
  folders: readonly string[];
}

const installScripts = ['preinstall', 'install', 'postinstall'];
/** An install of the project itself runs that one, too. */
const ownScripts = [...installScripts, 'prepare'];

/**
 * A line that names what was not run, `undefined` where all was. Managers that choose say it themselves; told to
 * `--ignore-scripts`, each of them skips all scripts, the project's own, too, and says nothing.
 */
export function skippedScriptsLine(done: InstallDone): string | undefined {
  const all = done.command.args.includes('--ignore-scripts');
  const packages = all ? packagesWithScripts(done.folders) : toldByPlugin(done);
  const own = all ? scriptsIn(done.folders, ownScripts) : [];
  const names = [...packages, ...(own.length > 0 ? [`the project's own (${own.join(', ')})`] : [])];
  if (names.length === 0) return undefined;
  return `Install scripts were skipped: ${names.join(', ')}. Allow them with allowInstallScripts`;
}

function toldByPlugin({ plugin, output }: InstallDone): readonly string[] {
  const names: unknown = callPlugin(plugin, 'skippedScripts', () => plugin.skippedScripts?.(output)) ?? [];
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  const key = pluginKey(plugin);
  throw new ProjectRunnerError('PLUGIN_INVALID', `[${key}] skippedScripts must answer an array of strings`, {
    plugin: key,
  });
}

function packagesWithScripts(folders: readonly string[]): string[] {
  const found = folders.flatMap((folder) => {
    const modules = join(folder, 'node_modules');
    // Beside the direct dependencies pnpm keeps a folder with a link to each of all.
    return [...packagesIn(modules), ...packagesIn(join(modules, '.pnpm/node_modules'))];
  });
  const names = found.filter(({ dir }) => hasScript(dir)).map(({ name }) => name);
  return [...new Set(names)].sort();
}

function packagesIn(modules: string): { name: string; dir: string }[] {
  return entries(modules).flatMap((name) => {
    if (name.startsWith('.')) return [];
    const inner = name.startsWith('@')
      ? entries(join(modules, name)).map((item) => `${name}/${item}`)
      : [name];
    return inner.map((item) => ({ name: item, dir: join(modules, item) }));
  });
}

function entries(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    // Not there, or a file: no packages.
    return [];
  }
}

/** A `binding.gyp` alone is an install script by npm's rules: `node-gyp rebuild`. */
function hasScript(dir: string): boolean {
  return scriptsIn([dir], installScripts).length > 0 || existsSync(join(dir, 'binding.gyp'));
}

function scriptsIn(folders: readonly string[], names: readonly string[]): string[] {
  const manifests = folders.map((folder) => scriptsOf(folder));
  return names.filter((name) => manifests.some((scripts) => Object.hasOwn(scripts, name)));
}

function scriptsOf(dir: string): Readonly<Record<string, string>> {
  try {
    return readManifest(dir)?.scripts ?? {};
  } catch {
    // A dependency with a broken package.json: whatever it would run, nobody could have.
    return {};
  }
}
