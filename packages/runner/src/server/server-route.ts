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
  #isAway = false;
  /** By this runner, or by one before it that was killed meanwhile. */
  #mayBePaused: boolean;

  /** @param signal aborts when the server is to end */
  constructor(kept: KeptState, context: Pick<SupervisionContext, 'routes' | 'logger'>, signal: AbortSignal) {
    this.#kept = kept;
    this.#mayBePaused = kept.stored.servesAt !== null;
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
    this.#mayBePaused = false;
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

  /** Its run is over and another one is to come: the router cannot see that where the port is held. Never rejects. */
  async away(): Promise<void> {
    if (!isHeld(this.#kept)) return;
    this.#isAway = true;
    if (!this.#kept.stored.servesAt || this.#isElsewhere) return;
    this.#mayBePaused = true;
    try {
      await this.#pause(true, () => this.#isAway && !this.#isElsewhere && !this.isOver);
    } catch (error) {
      const { id } = this.#kept.server;
      this.#context.logger.warn(`Server ${id} is away, and its router could not be told`, error);
    }
  }

  /** It serves: its route leads to where it is now, as soon as the router can be asked. Never rejects. */
  async follow(): Promise<void> {
    this.#isAway = false;
    for (let attempt = 1; !this.#signal.aborted && !this.#isAway; attempt += 1) {
      const { servesAt } = this.#kept.stored;
      const to = this.#address;
      // One without is yet to get its route, by the deploy.
      if (!servesAt) return;
      const isThere = servesAt.host === to.host && servesAt.port === to.port;
      if (isThere && !this.#mayBePaused) return;
      try {
        if (isThere) await this.#pause(false, () => !this.#isAway && !this.#isElsewhere);
        else {
          await this.#context.routes.follow(this.#kept.server.deploymentId, servesAt, to, this.#signal);
          this.#kept.serves(to);
        }
        if (!this.#isAway) this.#mayBePaused = false;
      } catch (error) {
        if (this.#signal.aborted) return;
        if (attempt === 1) {
          this.#context.logger.error(
            `Server ${this.#kept.server.id} came back, and its route is to lead to it`,
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
    if (before.#isAway) await before.away();
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

  #pause(isPaused: boolean, isMeant: () => boolean): Promise<void> {
    const { deploymentId } = this.#kept.server;
    return this.#context.routes.pause(deploymentId, this.target, isPaused, isMeant);
  }
}

/** Its port accepts connections also while it is away. */
function isHeld({ stored }: KeptState): boolean {
  return stored.probeSocket !== undefined;
}
