import type { BuildLog } from './build-log.ts';
import { readLog } from './cache/build-entry.ts';
import type { FoundEntry } from './cache/build-entry.ts';

/** Tells the log of the build whose files are used again, each line marked. */
export async function replayLog(entry: FoundEntry, log: BuildLog): Promise<void> {
  log.line(`Cached: nothing has changed since build ${entry.buildId} of ${entry.createdAt}, which said:`);
  for (const line of await readLog(entry)) {
    // Why that one was not cached would only confuse.
    if (!line.startsWith('Not cached: ')) log.line(`[cached] ${line}`);
  }
}
