import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Plugin } from '@project-runner/core';

import { functionFiles } from './function-files.ts';
import type { AnyFunction } from './function-files.ts';

/** Where the code of a plugin is. */
export interface PluginSource {
  /** The file that its first method is written in. */
  file: string;
  /** The folder of the package that has the file; `null` where it is in none. */
  packageDir: string | null;
  packageName: string | null;
  packageVersion: string | null;
}

/** Where each plugin comes from; `null` where its code is in no file. */
export async function pluginSources(plugins: readonly Plugin[]): Promise<(PluginSource | null)[]> {
  const methods = plugins.map(methodsOf);
  const files = await functionFiles(methods.flat());
  let at = 0;
  return methods.map((own) => {
    const found = files.slice(at, (at += own.length)).find((file) => file !== null);
    return found === undefined || found === null ? null : describe(found);
  });
}

/** Its own, and those of its class. */
function methodsOf(plugin: Plugin): AnyFunction[] {
  const prototype = Object.getPrototypeOf(plugin) as object | null;
  const inherited =
    prototype === null || prototype === Object.prototype ? [] : Object.getOwnPropertyNames(prototype);
  const names = [...Object.keys(plugin), ...inherited.filter((name) => name !== 'constructor')];
  return names
    .map((name) => (plugin as unknown as Record<string, unknown>)[name])
    .filter((value): value is AnyFunction => typeof value === 'function');
}

function describe(file: string): PluginSource {
  for (let dir = dirname(file); dir !== dirname(dir); dir = dirname(dir)) {
    const manifest = readManifest(join(dir, 'package.json'));
    // In a build folder there may be one that tells the kind of modules only.
    if (manifest?.name === undefined) continue;
    return { file, packageDir: dir, packageName: manifest.name, packageVersion: manifest.version ?? null };
  }
  return { file, packageDir: null, packageName: null, packageVersion: null };
}

function readManifest(file: string): { name?: string; version?: string } | null {
  try {
    const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    return {
      ...(typeof name === 'string' ? { name } : {}),
      ...(typeof version === 'string' ? { version } : {}),
    };
  } catch {
    return null;
  }
}
