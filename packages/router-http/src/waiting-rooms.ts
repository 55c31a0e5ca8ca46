import type { Logger } from '@project-runner/core';

import type { Exchange } from './exchange.ts';
import type { Route } from './route.ts';
import type { HoldOptions } from './router-http-options.ts';
import { WaitingRoom } from './waiting-room.ts';
import type { WaitingRoomOptions, WaitResult } from './waiting-room.ts';
import type { Wake } from './wake.ts';

export interface WaitingRoomsOptions {
  hold: Required<HoldOptions>;
  wake: Wake | null;
  describe(route: Route): NonNullable<Parameters<Wake>[0]['route']>;
  logger: Logger;
}

/** A paused route whose port accepts would be looked at in a circle. */
function awaitedOf(route: Route | null): WaitingRoomOptions['until'] {
  if (!route) return 'woken';
  return route.isPaused ? 'told' : { host: route.target.host, port: route.target.port };
}

/** Requests that wait for a server, by subdomain. */
export class WaitingRooms {
  readonly #options: WaitingRoomsOptions;
  readonly #rooms = new Map<string, WaitingRoom>();

  constructor(options: WaitingRoomsOptions) {
    this.#options = options;
  }

  /** Requests that wait now. */
  get count(): number {
    return [...this.#rooms.values()].reduce((sum, room) => sum + room.count, 0);
  }

  /** The longest that a request may wait, in ms. */
  get patienceMs(): number {
    const { hold, wake } = this.#options;
    return wake ? hold.wakeTimeoutMs : hold.timeoutMs;
  }

  /** @param route whose target refuses, or which is paused; `null` where there is none */
  async wait(
    exchange: Exchange,
    subdomain: string,
    route: Route | null,
    timeoutMs: number,
  ): Promise<WaitResult | 'full'> {
    const { maxRequests } = this.#options.hold;
    if (timeoutMs <= 0) return 'late';
    if ((this.#rooms.get(subdomain)?.count ?? 0) >= maxRequests) return 'full';
    const room = this.#rooms.get(subdomain) ?? this.#open(subdomain, route);
    const since = performance.now();
    const result = await room.wait(timeoutMs, (leave) => exchange.onGone(leave));
    exchange.heldMs += performance.now() - since;
    return result;
  }

  /** Something else may be found for a subdomain now. */
  changed(subdomain: string): void {
    this.#rooms.get(subdomain)?.end('open');
  }

  #open(subdomain: string, route: Route | null): WaitingRoom {
    const { wake, describe, logger } = this.#options;
    const room: WaitingRoom = new WaitingRoom({
      until: awaitedOf(route),
      wake:
        wake &&
        ((signal) =>
          wake({
            subdomain,
            reason: route ? 'refused' : 'unknown',
            route: route && describe(route),
            signal,
          })),
      onEmpty: () => {
        if (this.#rooms.get(subdomain) === room) this.#rooms.delete(subdomain);
      },
      onWakeFailed: (error) => logger.error(`Nothing could be started for ${subdomain}`, error),
    });
    this.#rooms.set(subdomain, room);
    return room;
  }
}
