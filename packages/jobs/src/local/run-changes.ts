import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Where a file system cannot be watched, and to see an owner's death, a look this often has to do. */
const lookEveryMs = 200;

/** Resolves when something in a folder may have changed. @throws the signal's reason */
export async function untilChanged(dir: string, signal: AbortSignal): Promise<void> {
  const changed = Promise.withResolvers<void>();
  let watcher: FSWatcher | null = null;
  try {
    watcher = watch(dir, { persistent: false }, () => changed.resolve());
    watcher.once('error', () => undefined);
  } catch {
    // The folder is gone, or there are too many watches.
  }
  const over = new AbortController();
  const signals = AbortSignal.any([signal, over.signal]);
  try {
    await Promise.race([
      delay(lookEveryMs, undefined, { signal: signals }).catch(() => undefined),
      changed.promise,
    ]);
    signal.throwIfAborted();
  } finally {
    over.abort();
    watcher?.close();
  }
}
