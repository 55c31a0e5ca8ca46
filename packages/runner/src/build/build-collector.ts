import type { ResolvedConfig } from '../config.ts';
import { withinMs } from '../within.ts';
import { collectBuilds } from './cache/collect-builds.ts';

/** Mostly it takes some milliseconds; a command that ends after each build would never tidy up if it got none. */
const graceMs = 5000;

/** Makes room in the background after builds. */
export interface BuildCollector {
  /** Once more than it runs already. Never throws. */
  start(): void;
  /** Resolves when it does not run. */
  idle(): Promise<void>;
  /** Lets it end, and after 5 s ends it where it is: what it leaves is for the next one. It does not begin again. */
  close(): Promise<void>;
}

export function createBuildCollector(config: ResolvedConfig): BuildCollector {
  const closing = new AbortController();
  const { signal } = closing;
  let running: Promise<void> | null = null;
  let isWanted = false;
  let isClosed = false;

  const run = async (): Promise<void> => {
    while (isWanted) {
      isWanted = false;
      try {
        await collectBuilds({ config, signal });
      } catch (error) {
        if (signal.aborted) break;
        config.logger.warn(`Old builds in ${config.buildDir} could not be removed`, error);
      }
    }
    running = null;
  };

  return {
    start() {
      if (isClosed) return;
      isWanted = true;
      running ??= run();
    },
    idle: async () => void (await running),
    async close() {
      isClosed = true;
      await withinMs(running ?? Promise.resolve(), graceMs, () => undefined);
      closing.abort();
      await running;
    },
  };
}
