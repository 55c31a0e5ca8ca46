import { rm, stat } from 'node:fs/promises';

import { removeSecrets, unlessGone } from './remove-remains.ts';
import type { RunFiles } from './run-files.ts';
import type { RunStore } from './run-store.ts';

/** How much of the past is kept. */
export interface Retention {
  /** Finished runs. @default 1000 */
  runs: number;
  /** Of a finished run. @default 7 */
  days: number;
}

const dayMs = 86_400_000;

/**
 * Removes finished runs that are not to be kept, and what was never made wholly. `deep`: also what those left of kept runs
 * that were killed before they had tidied up. Answers how many.
 * @throws Error of the file system
 */
export async function sweepRuns(store: RunStore, { runs, days }: Retention, deep: boolean): Promise<number> {
  const ids = store.list();
  // What is too old waits for the next deep one.
  if (!deep && ids.length <= runs) return 0;
  const found: { id: string; at: number }[] = [];
  for (const id of ids) found.push({ id, at: await changedAt(store.files(id)) });
  const oldest = Date.now() - days * dayMs;
  let removed = 0;
  for (const [index, { id, at }] of found.toSorted((a, b) => b.at - a.at).entries()) {
    const isOld = index >= runs || at < oldest;
    const isGarbage = Date.now() - at > dayMs;
    if (!isOld && !isGarbage && !deep) continue;
    const record = store.read(id);
    if (record?.result ? isOld : record === null && isGarbage) {
      await rm(store.files(id).dir, { recursive: true, force: true });
      removed += 1;
    } else if (record?.result && deep) await removeSecrets(store.files(id));
  }
  return removed;
}

async function changedAt({ dir, record }: RunFiles): Promise<number> {
  for (const path of [record, dir]) {
    try {
      return (await stat(path)).mtimeMs;
    } catch (error) {
      unlessGone(error);
    }
  }
  return Date.now();
}
