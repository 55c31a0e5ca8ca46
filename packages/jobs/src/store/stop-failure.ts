import { readFileSync, rmSync, writeFileSync } from 'node:fs';

import type { RunFiles } from './run-files.ts';

/** Why the tree of a run could not be stopped so far. */
export interface StopFailure {
  /** Tells one try from another. */
  at: number;
  /** Names the survivors by pid. */
  message: string;
}

export function tellStopFailure(files: RunFiles, message: string): void {
  try {
    writeFileSync(files.stopFailed, JSON.stringify({ at: Date.now(), message }), { mode: 0o600 });
  } catch {
    // A full disk: it is tried again all the same.
  }
}

export function forgetStopFailure(files: RunFiles): void {
  try {
    rmSync(files.stopFailed, { force: true });
  } catch {
    // A disk that became read-only: nobody can be told otherwise, and the run goes on all the same.
  }
}

/** `null` where none is told, or it is just being written. */
export function readStopFailure(files: RunFiles): StopFailure | null {
  try {
    return JSON.parse(readFileSync(files.stopFailed, 'utf8')) as StopFailure;
  } catch {
    return null;
  }
}
