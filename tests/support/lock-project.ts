import { execFile } from 'node:child_process';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { pathWith } from './package-manager-tools.ts';
import type { PackageManagerTool } from './package-manager-tools.ts';

const run = promisify(execFile);

/** Has the tool itself make its lockfile in a folder; Yarn makes its node_modules, too. No script runs. */
export async function lockProject(tool: PackageManagerTool, dir: string): Promise<void> {
  const env = {
    ...process.env,
    // Among them: not to look for another version of itself.
    ...tool.plugin.run('build', []).env,
    PATH: pathWith(tool),
    CI: '',
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    npm_config_user_agent: '',
  };
  const isBerry = tool.name === 'yarn' && tool.version.startsWith('4.');
  const args = {
    npm: ['install', '--package-lock-only', '--ignore-scripts'],
    pnpm: ['install', '--lockfile-only'],
    yarn: ['install', isBerry ? '--mode=skip-build' : '--ignore-scripts'],
    bun: ['install', '--lockfile-only'],
  }[tool.name];
  if (isBerry) await writeFile(join(dir, 'yarn.lock'), '');
  await run(tool.name, args, { cwd: dir, env });
  await access(join(dir, tool.lockfile));
}
