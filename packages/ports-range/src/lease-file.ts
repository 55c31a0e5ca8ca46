import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { holderIsAlive, thisProcess } from './holder.ts';
import type { Holder } from './holder.ts';

interface Lease extends Holder {
  /** Makes each lease a different one, also two of the same process. */
  id: string;
  owner: string;
  since: string;
}

/**
 * Takes the lease of a port; `null` when a living process has it, else a function that gives it back. Synchronous, so
 * nothing of this process can come in between.
 */
export function takeLease(dir: string, port: number, owner: string): (() => void) | null {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = leaseFile(dir, port);
  const lease: Lease = { ...thisProcess(), id: randomUUID(), owner, since: new Date().toISOString() };
  const draft = `${file}.${lease.id}`;
  writeFileSync(draft, JSON.stringify(lease), { mode: 0o600 });
  try {
    if (createFrom(draft, file) || (removeStale(file) && createFrom(draft, file))) {
      return () => giveBack(file, lease.id);
    }
    return null;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Who has the lease of a port, in words; `null` for nobody. */
export function describeHolder(dir: string, port: number): string | null {
  const lease = readLease(leaseFile(dir, port));
  if (!lease || !holderIsAlive(lease)) return null;
  return `process ${lease.pid} leased it for ${lease.owner} at ${lease.since}`;
}

function leaseFile(dir: string, port: number): string {
  return join(dir, `${port}.json`);
}

/** A link either makes the whole file or fails because there is one: nobody ever reads half a lease. */
function createFrom(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes the lease of a holder that is gone. Two processes may find the same stale file: it is moved away first, and
 * who finds in its hand a lease that is alive (somebody was faster) puts it back.
 */
function removeStale(file: string): boolean {
  const seen = readLease(file);
  if (seen && holderIsAlive(seen)) return false;
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    // Somebody else moved it: the place is free, and the next link decides.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
  const moved = readLease(aside);
  const stale = !moved || !holderIsAlive(moved);
  if (!stale) createFrom(aside, file);
  rmSync(aside, { force: true });
  return stale;
}

function giveBack(file: string, id: string): void {
  if (readLease(file)?.id === id) rmSync(file, { force: true });
}

/** A file that is damaged or gone is nobody's lease. */
function readLease(file: string): Lease | null {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as Partial<Lease> | null;
    return typeof value?.pid === 'number' && typeof value.id === 'string' ? (value as Lease) : null;
  } catch {
    return null;
  }
}
