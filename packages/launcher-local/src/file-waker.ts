import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';

/**
 * Tells that a file has grown, coalesced: a chatty writer would cause an event for each write, so the first event ends
 * the watch and the reader asks again when it has found nothing for a while.
 */
export interface FileWaker {
  /** Calls `wake` once, at the next change. */
  arm(): void;
  close(): void;
}

/** Where watching cannot be had (inotify's limits, some file systems), a look this often has to do. */
const fallbackMs = 200;

export function createFileWaker(file: string, wake: () => void): FileWaker {
  let watcher: FSWatcher | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const disarm = (): void => {
    watcher?.close();
    watcher = null;
    clearTimeout(timer);
  };
  const fire = (): void => {
    if (closed) return;
    disarm();
    wake();
  };
  const later = (): void => {
    disarm();
    if (!closed) timer = setTimeout(fire, fallbackMs).unref();
  };

  return {
    arm() {
      if (closed || watcher) return;
      try {
        watcher = watch(file, { persistent: false }, fire);
        watcher.once('error', later);
      } catch {
        later();
      }
    },
    close() {
      closed = true;
      disarm();
    },
  };
}
