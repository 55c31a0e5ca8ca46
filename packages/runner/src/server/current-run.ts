import type { PortLease, ProbeTarget, ProcessHandle } from '@project-runner/core';

import { releasePort } from './acquire-port.ts';
import type { StartedServer } from './start-server.ts';
import type { SupervisionContext } from './supervision-context.ts';

/** The run of a server, and its port, which is kept over restarts, so that it comes back under the same address. */
export class CurrentRun {
  readonly #context: Pick<SupervisionContext, 'plugins' | 'logger'>;
  #started: StartedServer | null = null;
  #lease: PortLease | null = null;
  #readyAt = 0;

  constructor(context: Pick<SupervisionContext, 'plugins' | 'logger'>) {
    this.#context = context;
  }

  get started(): StartedServer | null {
    return this.#started;
  }

  get target(): ProbeTarget | null {
    return this.#started?.target ?? null;
  }

  /** `null` when the process has ended. */
  get handle(): ProcessHandle | null {
    return this.#started?.handle.exit() === null ? this.#started.handle : null;
  }

  /** In ms. */
  get readyForMs(): number {
    return performance.now() - this.#readyAt;
  }

  begin(started: StartedServer): void {
    this.#started = started;
    this.#lease = started.lease;
    this.#readyAt = performance.now();
  }

  /** What is left of its tree goes, and its last lines are handed over. @throws as `ProcessHandle.stop` does */
  async finish(
    { handle, receiver }: Pick<StartedServer, 'handle' | 'receiver'>,
    graceMs: number,
  ): Promise<void> {
    await handle.stop({ graceMs });
    await handle.closed;
    receiver.end();
    this.#started = null;
  }

  /** Lets go of the process, which runs on. */
  detach(): void {
    this.#started?.handle.detach?.();
    this.#started = null;
  }

  /** Hands the port over to somebody who gives it back. */
  takeLease(): PortLease | null {
    const lease = this.#lease;
    this.#lease = null;
    return lease;
  }

  async releaseLease(): Promise<void> {
    const lease = this.takeLease();
    const problem = lease && (await releasePort(this.#context.plugins, lease));
    if (problem) this.#context.logger.error(`Port ${lease?.port} could not be given back`, problem);
  }
}
