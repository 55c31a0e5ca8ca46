import { join } from 'node:path';

import { readLease, takeLease } from '@project-runner/leases';
import type { ReleaseLease } from '@project-runner/leases';

const key = 'keeper';

/** One keeper for a state folder at a time; `null` where there is one. @throws Error of the file system */
export function takeKeeperLease(stateDir: string): ReleaseLease | null {
  return takeLease(dirOf(stateDir), key, 'keeper');
}

/** Also where that cannot be told. */
export function mayHaveKeeper(stateDir: string): boolean {
  try {
    return readLease(dirOf(stateDir), key) !== null;
  } catch {
    return true;
  }
}

function dirOf(stateDir: string): string {
  return join(stateDir, 'keeper');
}
