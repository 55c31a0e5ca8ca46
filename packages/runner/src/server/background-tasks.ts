import type { Logger } from '@project-runner/core';

/** Work that ends by itself and nobody waits for, until all is shut down. */
export class BackgroundTasks {
  readonly #logger: Logger;
  readonly #running = new Set<Promise<unknown>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  readonly add = (task: Promise<unknown>): void => {
    const ended = task
      .catch((error: unknown) => this.#logger.error('What was left of a server could not be ended', error))
      .finally(() => this.#running.delete(ended));
    this.#running.add(ended);
  };

  /** Resolves when all have ended, those that come meanwhile included. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
