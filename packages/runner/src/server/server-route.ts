import { setTimeout as delay } from 'node:timers/promises';

import type { KeptState } from './kept-state.ts';
import type { Address } from './server-state.ts';
import type { SupervisionContext } from './supervision-context.ts';

/** Until a router that failed is asked again. */
const retryMs = 5000;

/** The route of one server: it follows the server to its address, and goes with it. */
export class ServerRoute {
  readonly #kept: KeptState;
  readonly #context: Pick<SupervisionContext, 'routes' | 'logger'>;
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  #removed: Promise<void> | null = null;
  /** The route leads to another server, whose address may be the same. */
  #isElsewhere = false;

  /** @param signal aborts when the server is to end */
  constructor(kept: KeptState, context: Pick<SupervisionContext, 'routes' | 'logger'>, signal: AbortSignal) {
    this.#kept = kept;
    this.#context = context;
    this.#signal = AbortSignal.any([signal, this.#over.signal]);
  }

  /** Where traffic goes that is meant for the server. */
  get target(): Address {
    return this.#kept.stored.servesAt ?? this.#address;
  }

  /** Another server has it, or the server ends. */
  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  get #address(): Address {
    const { host, port } = this.#kept.server;
    return { host, port };
  }

  /** The traffic of its deployment goes to the server from now on, by this address. */
  taken(address: Address): void {
    this.#kept.serves(address);
    // It may have come back under another one meanwhile.
    void this.follow();
  }

  /** The route leads to another server from now on, whose deploy may yet fail. */
  movedAway(): void {
    this.#isElsewhere = true;
  }

  /** Another server has the traffic of its deployment, maybe by the address that was this one's. */
  passedOn(): void {
    this.#over.abort();
    this.#removed ??= Promise.resolve();
  }

  /** Leads to where the server is now, as soon as the router can be asked. Never rejects. */
  async follow(): Promise<void> {
    for (let attempt = 1; !this.#signal.aborted; attempt += 1) {
      const { servesAt } = this.#kept.stored;
      const to = this.#address;
      // One without is yet to get its route, by the deploy.
      if (!servesAt || (servesAt.host === to.host && servesAt.port === to.port)) return;
      try {
        await this.#context.routes.follow(this.#kept.server.deploymentId, servesAt, to, this.#signal);
        this.#kept.serves(to);
      } catch (error) {
        if (this.#signal.aborted) return;
        if (attempt === 1) {
          this.#context.logger.error(
            `Server ${this.#kept.server.id} moved, and its route is to follow`,
            error,
          );
        }
        await delay(retryMs, undefined, { signal: this.#signal, ref: false }).catch(() => undefined);
      }
    }
  }

  /** A deploy that did not come through: the route leads to what served before, or nowhere. Never rejects. */
  async giveBack(before: ServerRoute | undefined): Promise<void> {
    if (this.#kept.stored.servesAt) return;
    const { id, deploymentId } = this.#kept.server;
    if (!before) return this.#context.routes.remove(deploymentId, [this.#address]);
    before.#isElsewhere = false;
    try {
      await this.#context.routes.follow(deploymentId, this.#address, before.target);
    } catch (error) {
      this.#context.logger.error(`The route could not be led back from server ${id}`, error);
    }
  }

  /** Takes the route away, unless another server has it by now. Once; never rejects. */
  async remove(): Promise<void> {
    this.#over.abort();
    // It is still its deploy's, which gives it back.
    if (!this.#kept.stored.servesAt) return;
    // An answer that came late may have moved it.
    const targets = [this.target, this.#address];
    const { deploymentId } = this.#kept.server;
    this.#removed ??= this.#context.routes.remove(deploymentId, targets, () => !this.#isElsewhere);
    await this.#removed;
  }
}
