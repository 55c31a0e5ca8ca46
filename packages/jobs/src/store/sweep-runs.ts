import { rmSync, statSync, writeFileSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

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

/** So often it is looked for those that are too old, by all processes together. */
const deepEveryMs = 3_600_000;

export interface Sweep {
  /** Leaves the rest for the next one. */
  signal?: AbortSignal;
  /** One run could not be looked at or removed; the others are all the same. */
  onError(error: unknown): void;
}

/**
 * Removes finished runs that are not to be kept, oldest first, and what was never made wholly; every hour also what those
 * left of kept runs that were killed before they had tidied up.
 * @throws Error of the file system
 */
export async function sweepRuns(
  store: RunStore,
  retention: Retention,
  { signal, onError }: Sweep,
): Promise<void> {
  const ids = store.list();
  const isDeep = isDue(store);
  // What is too old waits for the next deep one.
  if (!isDeep && ids.length <= retention.runs) return;
  const found: { id: string; at: number }[] = [];
  for (const id of ids) found.push({ id, at: await changedAt(store.files(id)) });
  const newestFirst = found.toSorted((a, b) => b.at - a.at);
  for (const [index, { id, at }] of [...newestFirst.entries()].toReversed()) {
    if (signal?.aborted) return;
    try {
      await sweepRun(store, id, isDeep, { isOver: index >= retention.runs, days: retention.days, at });
    } catch (error) {
      onError(error);
    }
  }
  if (isDeep) writeFileSync(stampOf(store), '', { mode: 0o600 });
}

async function sweepRun(
  store: RunStore,
  id: string,
  isDeep: boolean,
  { isOver, days, at }: { isOver: boolean; days: number; at: number },
): Promise<void> {
  const age = Date.now() - at;
  const isOld = isOver || age > days * dayMs;
  const isGarbage = age > dayMs;
  if (!isOld && !isGarbage && !isDeep) return;
  const files = store.files(id);
  const record = store.read(id);
  if (record?.result ? isOld : record === null && isGarbage) await removeFolder(files.dir);
  else if (record?.result && isDeep) await removeSecrets(files);
}

async function removeFolder(dir: string): Promise<void> {
  try {
    await rm(dir, { recursive: true, force: true });
  } catch {
    // This one works folder by folder, so it has no path that is too long.
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Its time is that of the last deep one. A clock that was set back must not put off the next one. */
function isDue(store: RunStore): boolean {
  const at = statSync(stampOf(store), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return Math.abs(Date.now() - at) >= deepEveryMs;
}

function stampOf({ dir }: RunStore): string {
  return join(dir, 'swept');
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
