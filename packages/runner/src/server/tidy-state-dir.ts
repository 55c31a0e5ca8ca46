import { existsSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { Logger } from '@project-runner/core';
import { removeDeadLeases } from '@project-runner/leases';

const keptDays = 30;
const keptDamaged = 20;

/**
 * Removes what servers that are long gone left in the state folder: what was set aside as damaged, all but the newest
 * 20 of the last 30 days; what is known of servers that crashed more than 30 days ago; and files of owners that are gone.
 * Never rejects: that it did not work is worth a word and no more.
 */
export async function tidyStateDir(stateDir: string, logger: Logger): Promise<void> {
  const attempt = async (what: string, task: () => Promise<void> | void): Promise<void> => {
    try {
      await task();
    } catch (error) {
      // Nothing was ever left.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      logger.warn(`What is left of ${what} in ${stateDir} could not be removed`, error);
    }
  };
  await attempt('damaged servers', () => removeOld(join(stateDir, 'damaged'), keptDamaged));
  await attempt('crashed servers', () => removeOld(join(stateDir, 'crashed')));
  await attempt('owners', () => {
    removeDeadLeases(
      join(stateDir, 'owners'),
      (serverId) => !existsSync(join(stateDir, 'servers', serverId)),
    );
  });
}

async function removeOld(dir: string, keptEntries: number = Number.POSITIVE_INFINITY): Promise<void> {
  const entries = await Promise.all(
    (await readdir(dir)).map(async (name) => ({ path: join(dir, name), time: await timeOf(dir, name) })),
  );
  const oldest = Date.now() - keptDays * 24 * 60 * 60 * 1000;
  const newestFirst = entries.toSorted((a, b) => b.time - a.time);
  for (const [index, { path, time }] of newestFirst.entries()) {
    if (index >= keptEntries || time < oldest) await rm(path, { recursive: true, force: true });
  }
}

/** In ms. What was set aside has the time in its name: a rename does not change that of a folder. */
async function timeOf(dir: string, name: string): Promise<number> {
  const told = /\.(\d{13})$/.exec(name)?.[1];
  if (told !== undefined) return Number(told);
  try {
    return (await stat(join(dir, name))).mtimeMs;
  } catch (error) {
    // Another runner tidies here, too.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Date.now();
    throw error;
  }
}
