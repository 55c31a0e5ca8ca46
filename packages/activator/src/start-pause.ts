import type { RestartPolicy } from '@project-runner/core';
import { restartPause } from '@project-runner/runner';

/** The back-off of starts that nobody but a request asks for: a project that cannot start is not tried by each of them. */
export class StartPause {
  readonly #policy: Readonly<RestartPolicy>;
  #failures = 0;
  #until = 0;
  #error: unknown = null;

  constructor(policy: Readonly<RestartPolicy>) {
    this.#policy = policy;
  }

  failed(error: unknown): void {
    this.#failures += 1;
    this.#error = error;
    this.#until = performance.now() + restartPause(this.#policy, this.#failures);
  }

  over(): void {
    this.#failures = 0;
    this.#until = 0;
  }

  /** @throws why the last start failed, as long as the pause lasts */
  mustBeOver(): void {
    if (performance.now() < this.#until) throw this.#error;
  }
}
