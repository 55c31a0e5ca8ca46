import { existsSync, writeFileSync } from 'node:fs';

import { holderIsAlive, readLease, takeLease } from '@project-runner/leases';
import type { ReleaseLease } from '@project-runner/leases';

import type { RunFiles } from './run-files.ts';
import type { RunRecord } from './run-record.ts';
import { unwritable } from './unwritable.ts';

const leaseKey = 'owner';

/** Whether a living process looks after the run: who made it, or who took it over. */
export function isOwned(record: RunRecord, files: RunFiles): boolean {
  if (readLease(files.dir, leaseKey) !== null) return true;
  return holderIsAlive(record.creator) && !existsSync(files.released);
}

/**
 * Takes over a run that nobody looks after; `null` where somebody does. The answer gives it back.
 * @throws ProjectRunnerError `STATE_UNWRITABLE`
 */
export function takeRun(record: RunRecord, files: RunFiles): ReleaseLease | null {
  if (isOwned(record, files)) return null;
  try {
    return takeLease(files.dir, leaseKey, 'run');
  } catch (cause) {
    throw unwritable(record.spec.name, files.dir, cause);
  }
}

/** What its creator does that does not want to look after it any more. @throws Error of the file system */
export function releaseRun(files: RunFiles): void {
  writeFileSync(files.released, '', { mode: 0o600 });
}
