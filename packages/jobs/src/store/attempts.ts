import { existsSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';

import type { RunFiles } from './run-files.ts';

export interface Attempts {
  /** The last one that was started; 0 for none. */
  last: number;
  /** How many were started. */
  started: number;
  /** The number for another one. */
  next: number;
}

const givenUp = 'given up';

/**
 * The attempts of a run whose last owner is gone. One that he was about to start is given up here, for good: whatever is
 * left of its launch finds its claim taken and starts nothing.
 * @throws Error of the file system
 */
export function settleAttempts(files: RunFiles): Attempts {
  const { next } = readAttempts(files);
  if (existsSync(files.launch(next)) && giveUp(files, next)) return settleAttempts(files);
  return readAttempts(files);
}

/** As they are, by their claims. */
export function readAttempts(files: RunFiles): Attempts {
  let last = 0;
  let started = 0;
  let next = 1;
  for (let claim = readClaim(files, next); claim !== null; claim = readClaim(files, next)) {
    if (claim === '') {
      last = next;
      started += 1;
    }
    next += 1;
  }
  return { last, started, next };
}

/** When an attempt was started, in ms since 1970; `null` for one that was not. */
export function startedAt(files: RunFiles, attempt: number): number | null {
  return statSync(files.claim(attempt), { throwIfNoEntry: false })?.mtimeMs ?? null;
}

/** `false` where its program was started. */
function giveUp(files: RunFiles, attempt: number): boolean {
  const draft = `${files.claim(attempt)}.${process.pid}`;
  writeFileSync(draft, givenUp, { mode: 0o600 });
  try {
    // With its text from the first moment on.
    linkSync(draft, files.claim(attempt));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readClaim(files, attempt) === givenUp;
  } finally {
    rmSync(draft, { force: true });
  }
}

function readClaim(files: RunFiles, attempt: number): string | null {
  try {
    return readFileSync(files.claim(attempt), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
