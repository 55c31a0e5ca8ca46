import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import type { ReleaseLease } from '@project-runner/leases';

import { readAttempts } from '../store/attempts.ts';
import { isOwned } from '../store/run-owner.ts';
import type { RunRecord } from '../store/run-record.ts';
import { openRunStore } from '../store/run-store.ts';
import type { RunStore } from '../store/run-store.ts';
import { takeKeeperLease } from './keeper-lease.ts';
import { resolveLocalOptions } from './local-options.ts';
import type { LocalJobsOptions } from './local-options.ts';
import { createOwnRuns } from './own-runs.ts';
import type { OwnRuns } from './own-runs.ts';

const lookEveryMs = 500;
/** For a run that cannot be kept for want of space: a minute. */
const maxTries = 120;
/** Beside another keeper, which may be about to leave: 5 s, while it looks at the same runs as often. */
const maxLooksBeside = 10;

/**
 * Takes over all runs that nobody looks after, one keeper for a state folder at a time, until there are none. One too many
 * leaves soon.
 * @throws ProjectRunnerError `CONFIG_INVALID`; Error of the file system that lasts a minute
 */
export async function keepRuns(given: LocalJobsOptions): Promise<void> {
  const options = resolveLocalOptions(given);
  const store = openRunStore(options.stateDir);
  const runs = createOwnRuns({ store, options, onTake: () => undefined, onIdle: () => undefined });
  /** By id, with the record that it was found in: a run of the same key may come later. */
  const finished = new Map<string, string>();
  /** By marker. */
  const tries = new Map<string, number>();
  let lease: ReleaseLease | null = null;
  let failures = 0;
  let looksBeside = 0;
  for (;;) {
    try {
      const orphans = findOrphans(store, finished).filter(
        ({ marker }) => (tries.get(marker) ?? 0) < maxTries,
      );
      if (orphans.length === 0 && runs.size === 0) break;
      lease ??= takeKeeperLease(options.stateDir);
      looksBeside = lease ? 0 : looksBeside + 1;
      // What the other one cannot take over, this one could not either.
      if (looksBeside > maxLooksBeside) break;
      for (const { id, marker } of lease ? orphans : []) {
        tries.set(marker, (tries.get(marker) ?? 0) + 1);
        tryToTake(id, runs);
      }
      failures = 0;
    } catch (error) {
      // A full disk. What it looks after already needs it all the same.
      failures += 1;
      if (failures >= maxTries && runs.size === 0) throw error;
    }
    await delay(lookEveryMs);
  }
  await runs.close();
  lease?.();
}

/** Another one for each time that a file was written or made anew. */
function versionOf(file: string): string {
  try {
    const { ino, mtimeNs } = statSync(file, { bigint: true });
    return `${ino}:${mtimeNs}`;
  } catch {
    // Not there, or one that cannot be read either.
    return '';
  }
}

/** `null` where it cannot be. */
function tryToRead(id: string, store: RunStore): RunRecord | null {
  try {
    return store.read(id);
  } catch {
    return null;
  }
}

function tryToTake(id: string, runs: OwnRuns): void {
  try {
    runs.take(id);
  } catch {
    // A full disk.
  }
}

/** What runs already first, because it counts for the limit; then in the order in which it was asked for. */
function findOrphans(store: RunStore, finished: Map<string, string>): RunRecord[] {
  const open = store.list().flatMap((id) => {
    // Before it is read: what is written in between is read again the next time.
    const version = versionOf(store.files(id).record);
    const record = finished.has(id) && finished.get(id) === version ? null : tryToRead(id, store);
    if (record?.result) finished.set(id, version);
    return record && !record.result && !isOwned(record, store.files(id)) ? [record] : [];
  });
  const isWaiting = (record: RunRecord): number => (readAttempts(store.files(record.id)).last === 0 ? 1 : 0);
  return open
    .map((record) => ({ record, waits: isWaiting(record) }))
    .toSorted((a, b) => a.waits - b.waits || a.record.createdAt - b.record.createdAt)
    .map(({ record }) => record);
}
