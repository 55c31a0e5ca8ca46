import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { thisProcess } from './holder.ts';
import { isHeldRecord, readRecord } from './lease-record.ts';
import type { Lease, LeaseRecord } from './lease-record.ts';

/** `forget`: nobody will ever ask for this key again, so that not even a file needs to stay. */
export type ReleaseLease = (options?: { forget?: boolean }) => void;

interface Generation {
  number: number;
  file: string;
  /** `null`: the file is damaged, so nobody's. */
  record: LeaseRecord | null;
}

/**
 * Takes the lease of `key` in the folder `dir`; `null` when a living process has it, else a function that gives it back
 * (a second call does nothing). Synchronous, so nothing of this process can come in between.
 *
 * Each lease is a file `{key}.{generation}.json`, made whole by a link that fails where there is one, so that two who
 * find the same dead holder never both get the next generation. A lease that is given back is marked, not removed:
 * were the numbers to start again, a slow contender could take one that was used already.
 * @throws Error of the file system
 */
export function takeLease(dir: string, key: string, owner: string): ReleaseLease | null {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const before = generations(dir, key);
  const newest = before.at(-1);
  if (newest && isHeldRecord(newest.record)) return null;
  const record: LeaseRecord = { ...thisProcess(), owner, since: new Date().toISOString() };
  const number = (newest?.number ?? 0) + 1;
  const file = join(dir, fileName(key, number));
  if (!createWhole(file, record)) return null;
  // Who was slow took a number that had been used and cleared away already.
  if (generations(dir, key).at(-1)?.number !== number) {
    rmSync(file, { force: true });
    return null;
  }
  for (const old of before) rmSync(old.file, { force: true });
  let held = true;
  return ({ forget = false } = {}) => {
    if (!held) return;
    held = false;
    if (forget) rmSync(file, { force: true });
    else replace(file, { ...record, released: true });
  };
}

/** The living holder of a lease, `null` for none. `dead`: also one that is gone and has not given it back. */
export function readLease(dir: string, key: string, { dead = false }: { dead?: boolean } = {}): Lease | null {
  const newest = generations(dir, key).at(-1);
  if (!newest || newest.record?.released) return null;
  return dead || isHeldRecord(newest.record) ? newest.record : null;
}

/** The keys that have a lease or had one: of many, only these are worth a look. @throws Error of the file system */
export function leaseKeys(dir: string): ReadonlySet<string> {
  return new Set(namesIn(dir).flatMap((name) => /^(.+)\.\d+\.json$/.exec(name)?.[1] ?? []));
}

function fileName(key: string, generation: number): string {
  return `${key}.${generation}.json`;
}

/** Oldest first. */
function generations(dir: string, key: string): Generation[] {
  const prefix = `${key}.`;
  const found = namesIn(dir)
    .filter((name) => name.startsWith(prefix))
    .flatMap((name) => {
      const number = /^(\d+)\.json$/.exec(name.slice(prefix.length))?.[1];
      return number === undefined ? [] : [{ number: Number(number), file: join(dir, name) }];
    });
  return found
    .toSorted((a, b) => a.number - b.number)
    .map((generation) => ({ ...generation, record: readRecord(generation.file) }));
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function createWhole(file: string, record: LeaseRecord): boolean {
  const draft = `${file}.${randomUUID()}`;
  try {
    writeFileSync(draft, JSON.stringify(record), { mode: 0o600 });
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function replace(file: string, record: LeaseRecord): void {
  const draft = `${file}.${randomUUID()}`;
  try {
    writeFileSync(draft, JSON.stringify(record), { mode: 0o600 });
    renameSync(draft, file);
  } catch {
    // The folder is gone, or the disk is full: without the file the lease is nobody's, too.
    rmSync(draft, { force: true });
    rmSync(file, { force: true });
  }
}
