import type { RouteCounters } from './route-counters.ts';
import type { StoredRoute } from './stored-route.ts';
import { Target } from './target.ts';

/** A route at work. */
export class Route {
  readonly counters: RouteCounters;
  /** Its server is away, whatever its port says. */
  isPaused = false;
  #stored: StoredRoute;
  #target: Target;

  constructor(stored: StoredRoute, counters: RouteCounters) {
    this.counters = counters;
    this.#stored = stored;
    this.#target = new Target(stored.targetHost, stored.targetPort);
  }

  get stored(): StoredRoute {
    return this.#stored;
  }

  /** Where requests go that begin now. */
  get target(): Target {
    return this.#target;
  }

  /** Requests in flight end where they are. */
  change(stored: StoredRoute): void {
    const before = this.#target;
    this.#stored = stored;
    this.isPaused = false;
    if (before.host === stored.targetHost && before.port === stored.targetPort) return;
    this.#target = new Target(stored.targetHost, stored.targetPort);
    before.retire();
  }

  retire(): void {
    this.#target.retire();
  }
}
