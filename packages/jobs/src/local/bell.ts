import { closeSync, futimesSync, mkdirSync, openSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { dirname } from 'node:path';

/** Wakes the owners of runs: they look whether one of theirs is to be stopped. */
export interface Bell {
  close(): void;
}

/** Where a file cannot be watched, and where it was missed. */
const lookEveryMs = 1000;

export function listenToBell(file: string, onRing: () => void): Bell {
  let watcher: FSWatcher | null = null;
  try {
    ringBell(file);
    watcher = watch(file, { persistent: false }, onRing);
    watcher.once('error', () => undefined);
  } catch {
    // Looks now and then have to do.
  }
  const timer = setInterval(onRing, lookEveryMs).unref();
  return {
    close() {
      clearInterval(timer);
      watcher?.close();
    },
  };
}

/** @throws Error of the file system */
export function ringBell(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const fd = openSync(file, 'a', 0o600);
  try {
    const now = new Date();
    futimesSync(fd, now, now);
  } finally {
    closeSync(fd);
  }
}
