import { RouteCounters } from './route-counters.ts';

/** About 1 MB of them. */
const defaultMax = 1000;

/** What was counted for deployments whose routes are gone only because nobody asked; the longest gone are forgotten first. */
export class SleepingCounters {
  readonly #byDeployment = new Map<string, RouteCounters>();
  readonly #max: number;

  constructor(max: number = defaultMax) {
    this.#max = max;
  }

  keep(deploymentId: string, counters: RouteCounters): void {
    this.#byDeployment.set(deploymentId, counters);
    if (this.#byDeployment.size <= this.#max) return;
    const [oldest] = this.#byDeployment.keys();
    if (oldest !== undefined) this.#byDeployment.delete(oldest);
  }

  /** Those of a deployment, new ones where none are kept. They are not kept any more. */
  take(deploymentId: string): RouteCounters {
    const counters = this.#byDeployment.get(deploymentId);
    this.#byDeployment.delete(deploymentId);
    return counters ?? new RouteCounters();
  }
}
