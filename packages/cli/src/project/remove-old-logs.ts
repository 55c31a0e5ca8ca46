import { rm } from 'node:fs/promises';

import { holderIsAlive } from '@project-runner/leases';
import { listLogs } from '@project-runner/logs-file';
import type { KeptLog } from '@project-runner/logs-file';

import { readLogOwner } from './log-owner.ts';

const keptLogs = 10;

/**
 * Deletes all but the newest ten logs of a project's servers, and none that is still written. Logs of others in the same
 * folder are left alone. Answers how many are gone.
 */
export async function removeOldLogs(logsDir: string, project: string): Promise<number> {
  const logs: (KeptLog & { live: boolean })[] = [];
  for await (const log of listLogs(logsDir)) {
    const owner = await readLogOwner(log.dir);
    if (owner?.project === project) logs.push({ ...log, live: holderIsAlive(owner) });
  }
  const newestFirst = logs.toSorted((a, b) => b.lastWrite - a.lastWrite);
  const old = newestFirst.slice(keptLogs).filter(({ live }) => !live);
  for (const { dir } of old) await rm(dir, { recursive: true, force: true });
  return old.length;
}
