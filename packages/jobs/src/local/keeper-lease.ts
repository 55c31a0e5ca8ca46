import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { readProcessRef } from '@project-runner/launcher-local';
import { holderIsAlive, readLease, takeLease } from '@project-runner/leases';
import type { Holder, ReleaseLease } from '@project-runner/leases';

const key = 'keeper';

/** One keeper for a state folder at a time; `null` where there is one. @throws Error of the file system */
export function takeKeeperLease(stateDir: string): ReleaseLease | null {
  return takeLease(dirOf(stateDir), key, 'keeper');
}

/**
 * Begins a keeper where there is none, and none is beginning: of all processes that ask in the same moment one does so.
 * Nothing where that cannot be told.
 * @param begin answers its pid
 */
export function beginKeeper(stateDir: string, begin: () => number | null): void {
  let release: ReleaseLease | null = null;
  try {
    if (readLease(dirOf(stateDir), key) !== null) return;
    release = takeLease(dirOf(stateDir), 'beginner', 'begin of a keeper');
    if (!release || readLease(dirOf(stateDir), key) !== null || isBeginning(stateDir)) return;
    const pid = begin();
    if (pid !== null)
      writeFileSync(beginningFile(stateDir), JSON.stringify(readProcessRef(pid)), { mode: 0o600 });
  } catch {
    // A full disk: a keeper could not do anything there either. Whoever asks next tries again.
  } finally {
    release?.();
  }
}

/** It needs a moment until it has its lease. */
function isBeginning(stateDir: string): boolean {
  try {
    return holderIsAlive(JSON.parse(readFileSync(beginningFile(stateDir), 'utf8')) as Holder);
  } catch {
    // There was none yet, or its file was cut off.
    return false;
  }
}

function beginningFile(stateDir: string): string {
  return join(dirOf(stateDir), 'beginning.json');
}

function dirOf(stateDir: string): string {
  return join(stateDir, 'keeper');
}
