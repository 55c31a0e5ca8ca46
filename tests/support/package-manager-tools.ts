import { symlinkSync } from 'node:fs';
import { dirname, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { tempFolder } from './temp-folder.ts';

const modules = fileURLToPath(new URL('../node_modules/', import.meta.url));

export interface PackageManagerTool {
  name: 'npm' | 'pnpm' | 'yarn' | 'bun';
  /** Its major. */
  version: string;
  lockfile: string;
  /** `null`: the one on `PATH`. */
  bin: string | null;
}

/** Real package managers from the registry. `bin`: the program; pnpm is the one that runs this repository. */
export const packageManagerTools: readonly PackageManagerTool[] = [
  { name: 'npm', version: '12', lockfile: 'package-lock.json', bin: join(modules, 'npm-12/bin/npm-cli.js') },
  { name: 'pnpm', version: '12', lockfile: 'pnpm-lock.yaml', bin: null },
  { name: 'yarn', version: '1', lockfile: 'yarn.lock', bin: join(modules, 'yarn-classic/bin/yarn.js') },
  { name: 'yarn', version: '4', lockfile: 'yarn.lock', bin: join(modules, 'yarn-berry/bin/yarn.js') },
  { name: 'bun', version: '1', lockfile: 'bun.lock', bin: join(modules, '@oven/bun-linux-x64/bin/bun') },
];

/** A `PATH` on which that very tool has its plain name. */
export function pathWith(tool: PackageManagerTool): string {
  const dir = tempFolder('project-runner-bin-');
  if (tool.bin !== null) symlinkSync(tool.bin, join(dir, tool.name));
  return [dir, dirname(process.execPath), process.env.PATH].join(delimiter);
}
