import { symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { PackageManagerPlugin } from '@project-runner/core';
import { bun } from '@project-runner/pm-bun';
import { npm } from '@project-runner/pm-npm';
import { pnpm } from '@project-runner/pm-pnpm';
import { yarn } from '@project-runner/pm-yarn';

import { tempFolder } from './temp-folder.ts';

export interface PackageManagerTool {
  name: 'npm' | 'pnpm' | 'yarn' | 'bun';
  version: string;
  lockfile: string;
  plugin: PackageManagerPlugin;
  /** The program; `null`: the one on `PATH`, which is the pnpm that runs this repository. */
  bin: string | null;
}

/** Real package managers from the registry. */
export const packageManagerTools: readonly PackageManagerTool[] = [
  tool(npm(), '11.19.1', 'package-lock.json', 'npm-11/bin/npm-cli.js'),
  tool(npm(), '12.2.0', 'package-lock.json', 'npm-12/bin/npm-cli.js'),
  tool(pnpm(), '9.15.9', 'pnpm-lock.yaml', 'pnpm-9/bin/pnpm.cjs'),
  tool(pnpm(), '10.34.9', 'pnpm-lock.yaml', 'pnpm-10/bin/pnpm.cjs'),
  tool(pnpm(), '12.21.0', 'pnpm-lock.yaml', null),
  tool(yarn(), '1.22.22', 'yarn.lock', 'yarn-classic/bin/yarn.js'),
  tool(yarn(), '4.18.1', 'yarn.lock', 'yarn-berry/bin/yarn.js'),
  tool(bun(), '1.4.5', 'bun.lock', '@oven/bun-linux-x64/bin/bun'),
];

/** The tools of one manager, or the one of that major. @throws Error when the table has none */
export function toolsOf(name: PackageManagerTool['name'], major?: number): readonly PackageManagerTool[] {
  const found = packageManagerTools.filter(
    (entry) => entry.name === name && (major === undefined || entry.version.startsWith(`${major}.`)),
  );
  if (found.length === 0) throw new Error(`no ${name} ${major ?? ''} in the table of package managers`);
  return found;
}

/** A folder in which that very tool has its plain name; gone when the test ends. Node is in it, too. */
export function binDir({ name, bin }: PackageManagerTool): string {
  const dir = tempFolder('project-runner-bin-');
  if (bin !== null) symlinkSync(bin, join(dir, name));
  symlinkSync(process.execPath, join(dir, 'node'));
  return dir;
}

/** A `PATH` on which that very tool has its plain name. */
export function pathWith(entry: PackageManagerTool): string {
  return [binDir(entry), dirname(process.execPath), process.env.PATH].join(delimiter);
}

function tool(
  plugin: PackageManagerPlugin,
  version: string,
  lockfile: string,
  bin: string | null,
): PackageManagerTool {
  const modules = fileURLToPath(new URL('../node_modules/', import.meta.url));
  return {
    name: plugin.name as PackageManagerTool['name'],
    version,
    lockfile,
    plugin,
    bin: bin && join(modules, bin),
  };
}
