import { rm } from 'node:fs/promises';

import { untilAborted } from '../../within.ts';

/** Removes what may be very large. @throws the signal's reason at once; Error of the file system */
export async function removeTree(path: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await untilAborted(rm(path, { recursive: true, force: true, maxRetries: 3 }), signal);
}
