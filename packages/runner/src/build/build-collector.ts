import type { ResolvedConfig } from '../config.ts';
import { collectBuilds } from './cache/collect-builds.ts';

/** Makes room in the background after builds. */
export interface BuildCollector {
  /** Once more than it runs already. Never throws. */
  start(): void;
  /** Resolves when it does not run. */
  idle(): Promise<void>;
  /** Ends it where it is, for good: what it leaves is for the next one. */
  close(): Promise<void>;
}

export function createBuildCollector(config: ResolvedConfig): BuildCollector {
  const closing = new AbortController();
  const { signal } = closing;
  let running: Promise<void> | null = null;
  let isWanted = false;

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
      if (signal.aborted) return;
      isWanted = true;
      running ??= run();
    },
    idle: async () => void (await running),
    async close() {
      closing.abort();
      await running;
    },
  };
}
