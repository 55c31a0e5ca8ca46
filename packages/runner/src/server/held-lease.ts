import type { Logger, PluginSet, PortLease } from '@project-runner/core';

import { releasePort } from './acquire-port.ts';

/** The port of a server, kept over its restarts, so that it comes back under the same address. */
export class HeldLease {
  readonly #plugins: PluginSet;
  readonly #logger: Logger;
  #lease: PortLease | null = null;

  constructor(plugins: PluginSet, logger: Logger) {
    this.#plugins = plugins;
    this.#logger = logger;
  }

  hold(lease: PortLease): void {
    this.#lease = lease;
  }

  /** Hands it over to somebody who gives it back. */
  take(): PortLease | null {
    const lease = this.#lease;
    this.#lease = null;
    return lease;
  }

  async release(): Promise<void> {
    const lease = this.take();
    const problem = lease && (await releasePort(this.#plugins, lease));
    if (problem) this.#logger.error(`Port ${lease?.port} could not be given back`, problem);
  }
}
