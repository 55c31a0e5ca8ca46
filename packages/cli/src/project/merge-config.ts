import { join, resolve } from 'node:path';

import type { Logger } from '@project-runner/core';
import { defaultStateDir } from '@project-runner/runner';
import type { RunnerConfig } from '@project-runner/runner';

import type { CliIo } from '../cli-io.ts';
import type { ProjectOptions } from '../commands/project-options.ts';

/** Flags win over the file. What the command keeps goes to the user's state folder, never into the project. */
export function mergeConfig(
  written: RunnerConfig,
  options: ProjectOptions,
  projectDir: string,
  io: CliIo,
  logger: Logger,
): RunnerConfig {
  const given = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : resolve(io.cwd, path);
  // A folder of its own: a host that is started in the project's folder has its state beside it.
  const stateDir =
    given(options.stateDir) ?? written.stateDir ?? join(defaultStateDir(projectDir, io.env), 'cli');
  const dataDir = given(options.dataDir) ?? written.dataDir;
  return {
    ...written,
    stateDir,
    buildDir: given(options.buildDir) ?? written.buildDir ?? join(stateDir, 'builds'),
    ...(dataDir === undefined ? {} : { dataDir }),
    // Somebody's own machine, whose disk is for other things, too.
    keepReleases: written.keepReleases ?? 3,
    cache: written.cache ?? { maxSizeMb: 2048 },
    // The command ends with its server. Where it is killed first, the next one finds what it left.
    durable: true,
    restart: 'never',
    ...(options.allowInstallScripts ? { allowInstallScripts: true } : {}),
    ...(options.buildTimeout === undefined ? {} : { defaultBuildTimeoutMs: options.buildTimeout }),
    logger,
  };
}
