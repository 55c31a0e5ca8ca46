import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { isHeldRecord, readRecord } from './lease-record.ts';

/** A draft is there for a moment; one this old, in ms, is of a process that was killed in that moment. */
const draftAgeMs = 24 * 60 * 60 * 1000;

/**
 * Removes the files of leases that nobody has, of keys that nobody will ever ask for again, and drafts that were left.
 * Answers how many files are gone.
 * @throws Error of the file system
 */
export function removeDeadLeases(dir: string, isDone: (key: string) => boolean): number {
  let removed = 0;
  for (const name of readdirSync(dir)) {
    const [, key = '', draft] = /^(.+)\.\d+\.json(\.[0-9a-f-]{36})?$/.exec(name) ?? [];
    if (key === '') continue;
    const file = join(dir, name);
    const isLeft = draft === undefined ? !isHeldRecord(readRecord(file)) && isDone(key) : isOld(file);
    if (!isLeft) continue;
    rmSync(file, { force: true });
    removed += 1;
  }
  return removed;
}

function isOld(file: string): boolean {
  const found = statSync(file, { throwIfNoEntry: false });
  return found !== undefined && Date.now() - found.mtimeMs > draftAgeMs;
}
