import type { ProcessExit, RestartPolicy } from '@project-runner/core';

import { decideRestart } from './restart-policy.ts';
import type { RestartAnswer } from './restart-policy.ts';

/** No window of restarts needs more. */
const keptTimes = 10_000;

/** The restarts of one server, and what they say about the next one. */
export class RestartSchedule {
  readonly #policy: Readonly<RestartPolicy>;
  #failures = 0;
  #restartedAt: number[] = [];

  constructor(policy: Readonly<RestartPolicy>) {
    this.#policy = policy;
  }

  /** What to do about a run that is over. */
  decide(exit: ProcessExit | null, readyForMs: number | null): RestartAnswer {
    const answer = decideRestart({
      policy: this.#policy,
      exit,
      readyForMs,
      failures: this.#failures,
      restartedAt: this.#restartedAt,
      now: Date.now(),
      random: Math.random(),
    });
    if (answer.action === 'restart') this.#failures = answer.failures;
    return answer;
  }

  /** The pause is over. */
  restarted(): void {
    this.#restartedAt = [...this.#restartedAt, Date.now()].slice(-keptTimes);
  }
}
