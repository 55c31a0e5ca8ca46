import type { Logger } from '@project-runner/core';

import { removeOldBuilds } from './remove-old-builds.ts';
import { removeOldLogs } from './remove-old-logs.ts';

export interface TidyStateOptions {
  buildsDir: string;
  /** Of the build to keep whatever its age. */
  buildId: string;
  /** `null` where the logs are somewhere else. */
  logsDir: string | null;
  projectDir: string;
  logger: Logger;
}

/** Makes room after a command, whatever came of it. That it did not work is worth a word and no more. */
export async function tidyState(options: TidyStateOptions): Promise<void> {
  const { buildsDir, buildId, logsDir, projectDir, logger } = options;
  await attempt('build', buildsDir, logger, async () => (await removeOldBuilds(buildsDir, buildId)).length);
  if (logsDir !== null) await attempt('log', logsDir, logger, () => removeOldLogs(logsDir, projectDir));
}

async function attempt(
  what: string,
  dir: string,
  logger: Logger,
  remove: () => Promise<number>,
): Promise<void> {
  try {
    const count = await remove();
    if (count > 0) logger.info(`Removed ${count} older ${what}${count === 1 ? '' : 's'}`);
  } catch (error) {
    // Nothing was built or started yet.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    logger.error(`Older ${what}s in ${dir} could not be removed: ${String(error)}`);
  }
}
