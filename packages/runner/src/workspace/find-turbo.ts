import { existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

import type { Command } from '@project-runner/core';

import { snapshotDirectory } from '../detect/snapshot-directory.ts';

export interface TurboRun {
  rootDir: string;
  projectDir: string;
  /** The task. */
  script: string;
  /** Only what the project depends on, not itself. */
  dependenciesOnly: boolean;
}

/**
 * The turbo command that builds a project with what it depends on; `null` where the workspace does not use turbo for that
 * task. turbo itself refuses a workspace that does not declare its package manager.
 */
export function findTurbo({ rootDir, projectDir, script, dependenciesOnly }: TurboRun): Command | null {
  const root = snapshotDirectory(rootDir);
  const config = root.read('turbo.json') ?? root.read('turbo.jsonc');
  const bin = join(rootDir, 'node_modules/turbo/bin/turbo');
  const path = relative(rootDir, projectDir).split(sep).join('/');
  const isUsed = config !== undefined && hasTask(config, script) && root.manifest?.declaredPackageManager;
  // Everything else means something in a filter.
  if (!isUsed || !/^[\w@./-]+$/.test(path) || !existsSync(bin)) return null;
  return {
    file: 'node',
    args: [
      bin,
      'run',
      script,
      `--filter={./${path}}${dependenciesOnly ? '^...' : '...'}`,
      // Otherwise tasks get only the variables that turbo.json names.
      '--env-mode=loose',
      // Its cache does not know of the variables that turbo.json does not name.
      '--force',
      '--no-cache',
    ],
    env: { TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
  };
}

/** The file may have comments, and all that matters is whether there is such a key: `"build"`, `"web#build"`. */
function hasTask(config: string, script: string): boolean {
  const keys = [...config.matchAll(/"((?:[^"\\\n]|\\.)*)"\s*:/g)].map((match) => match[1] ?? '');
  return keys.some((key) => key === script || key.endsWith(`#${script}`));
}
