import { callPlugin } from '@project-runner/core';
import type { PortLease, PortStrategyPlugin } from '@project-runner/core';
import { portsRange } from '@project-runner/ports-range';

/** Hands out ports by number, for people who build their own runner. A thin face on a port strategy. */
export class PortAllocator {
  readonly #strategy: PortStrategyPlugin;
  readonly #leases = new Map<number, PortLease>();

  /**
   * @param portRange inclusive, default 4111–4200
   * @throws ProjectRunnerError `CONFIG_INVALID`
   */
  constructor(
    portRange: { start: number; end: number } = { start: 4111, end: 4200 },
    strategy: PortStrategyPlugin = portsRange(portRange),
  ) {
    this.#strategy = strategy;
  }

  /**
   * A free port, leased across processes until it is released. A preferred port that is busy gives another one.
   * @throws ProjectRunnerError `PORTS_EXHAUSTED`
   */
  async allocate(preferred?: number): Promise<number> {
    const lease = (await this.#preferred(preferred)) ?? (await this.#acquire());
    this.#leases.set(lease.port, lease);
    return lease.port;
  }

  /** Gives a port back; one that was not allocated here is nothing to do. */
  async release(port: number): Promise<void> {
    const lease = this.#leases.get(port);
    this.#leases.delete(port);
    await lease?.release();
  }

  isAllocated(port: number): boolean {
    return this.#leases.has(port);
  }

  getAllocatedPorts(): number[] {
    return [...this.#leases.keys()].toSorted((a, b) => a - b);
  }

  getAvailableCount(): number {
    return callPlugin(this.#strategy, 'stats', () => this.#strategy.stats?.())?.available ?? 0;
  }

  async #preferred(port: number | undefined): Promise<PortLease | null> {
    if (port === undefined) return null;
    try {
      return await this.#acquire(port);
    } catch {
      // Preferred, not required: whatever is wrong with it, another one will do.
      return null;
    }
  }

  #acquire(port?: number): Promise<PortLease> {
    const owner = `pid ${process.pid}`;
    const request = port === undefined ? { exclude: [], owner } : { exclude: [], owner, port };
    return callPlugin(this.#strategy, 'acquire', () =>
      this.#strategy.acquire(request, new AbortController().signal),
    );
  }
}
