import { LatencyHistogram } from './latency-histogram.ts';
import type { LatencyStats } from './router-stats.ts';

/** What is counted for one route. */
export class RouteCounters {
  requests = 0;
  errors = 0;
  clientGone = 0;
  inFlight = 0;
  lastActiveAt: Date | null = null;
  #latency: LatencyHistogram | undefined;

  get latencyStats(): LatencyStats {
    return this.#latency?.stats() ?? { p50Ms: null, p99Ms: null, maxMs: null };
  }

  begin(): void {
    this.requests += 1;
    this.inFlight += 1;
    this.lastActiveAt = new Date();
  }

  /** Another route has the request now. */
  handOver(): void {
    this.requests -= 1;
    this.inFlight -= 1;
  }

  end({
    status,
    latencyMs,
    targetGone,
    clientGone,
  }: {
    status: number | null;
    latencyMs: number | null;
    targetGone: boolean;
    clientGone: boolean;
  }): void {
    this.inFlight -= 1;
    this.lastActiveAt = new Date();
    if (clientGone) this.clientGone += 1;
    if (targetGone || (status ?? 0) >= 500) this.errors += 1;
    if (latencyMs === null) return;
    // Made with the first request: of thousands of routes most are idle.
    this.#latency ??= new LatencyHistogram();
    this.#latency.add(latencyMs);
  }
}
