import type { Logger } from '@project-runner/core';

import { removeOldLogs } from './remove-old-logs.ts';

export interface TidyStateOptions {
  /** `null` where the logs are somewhere else. */
  logsDir: string | null;
  projectDir: string;
  logger: Logger;
}

/** Makes room after a command, whatever came of it. That it did not work is worth a word and no more. */
export async function tidyState(options: TidyStateOptions): Promise<void> {
  const { logsDir, projectDir, logger } = options;
  if (logsDir === null) return;
  try {
    const count = await removeOldLogs(logsDir, projectDir);
    if (count > 0) logger.info(`Removed ${count} older log${count === 1 ? '' : 's'}`);
  } catch (error) {
    // Nothing was started yet.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    logger.error(`Older logs in ${logsDir} could not be removed: ${String(error)}`);
  }
}
