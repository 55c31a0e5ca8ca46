import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { holderIsAlive } from '@project-runner/leases';

import { readLogOwner } from './log-owner.ts';

const keptLogs = 10;

/**
 * Deletes all but the newest ten logs of a project's servers, and none that is still written. Logs of others in the same
 * folder are left alone. Answers how many are gone.
 */
export async function removeOldLogs(logsDir: string, project: string): Promise<number> {
  const logs: { dir: string; time: number; live: boolean }[] = [];
  for (const name of await readdir(logsDir)) {
    const dir = join(logsDir, name);
    const owner = await readLogOwner(dir);
    if (owner?.project === project)
      logs.push({ dir, time: await lastWrite(dir), live: holderIsAlive(owner) });
  }
  const newestFirst = logs.toSorted((a, b) => b.time - a.time);
  const old = newestFirst.slice(keptLogs).filter(({ live }) => !live);
  for (const { dir } of old) await rm(dir, { recursive: true, force: true });
  return old.length;
}

async function lastWrite(dir: string): Promise<number> {
  const times = (await readdir(dir)).map(async (name) => {
    const found = await stat(join(dir, name)).catch(() => null);
    return found?.mtimeMs ?? 0;
  });
  return Math.max(0, ...(await Promise.all(times)));
}
