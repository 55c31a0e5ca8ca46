import type { ResolvedConfig } from '../config.ts';
import { collectBuilds } from './cache/collect-builds.ts';

/** Makes room in the background after builds. */
export interface BuildCollector {
  /** Once more than it runs already. Never throws. */
  start(): void;
  /** Resolves when it does not run. */
  idle(): Promise<void>;
}

export function createBuildCollector(config: ResolvedConfig): BuildCollector {
  const { signal } = new AbortController();
  let running: Promise<void> | null = null;
  let isWanted = false;

  const run = async (): Promise<void> => {
    while (isWanted) {
      isWanted = false;
      try {
        await collectBuilds({ config, signal });
      } catch (error) {
        config.logger.warn(`Old builds in ${config.buildDir} could not be removed`, error);
      }
    }
    running = null;
  };

  return {
    start() {
      isWanted = true;
      running ??= run();
    },
    idle: async () => void (await running),
  };
}
