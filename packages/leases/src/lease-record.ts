import { readFileSync } from 'node:fs';

import { holderIsAlive } from './holder.ts';
import type { Holder } from './holder.ts';

export interface Lease extends Holder {
  /** For whom or what: shown to people who look at leases. */
  owner: string;
  /** ISO 8601. */
  since: string;
}

/** As kept in a file. */
export interface LeaseRecord extends Lease {
  released?: boolean;
}

/** `null`: the file is damaged or gone, so nobody's. */
export function readRecord(file: string): LeaseRecord | null {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as Partial<LeaseRecord> | null;
    return typeof value?.pid === 'number' ? (value as LeaseRecord) : null;
  } catch {
    return null;
  }
}

/** Whether a living process has it. */
export function isHeldRecord(record: LeaseRecord | null): boolean {
  return record !== null && !record.released && holderIsAlive(record);
}
