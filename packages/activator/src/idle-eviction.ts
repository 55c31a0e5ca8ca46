import type { Logger, RouteConfig } from '@project-runner/core';

import type { ActivatorRouter } from './activator-router.ts';
import type { EvictedRequests } from './evict.ts';
import { maxTimerMs } from './check-value.ts';
import type { ProjectServer } from './project-server.ts';
import { latest, routeActivity } from './route-activity.ts';

export interface IdleEvictionOptions {
  router: ActivatorRouter | undefined;
  logger: Logger;
  servers(): readonly IdleServer[];
  /** In ms, `false` for never. */
  idleTimeoutMs(projectId: string): number | false;
  /** Whether somebody holds it. */
  isHeld(projectId: string): boolean;
}

/** What is asked of a server that may be idle. */
export type IdleServer = Pick<
  ProjectServer,
  'projectId' | 'address' | 'lastUsedAt' | 'isDown' | 'isServing' | 'evict'
>;

/** A look goes over all projects; those that are due in one of these moments share it. */
const minPauseMs = 25;

/** Stops projects that nobody wants any more. One timer for all, at the moment when the first of them is due. */
export class IdleEviction {
  readonly #options: IdleEvictionOptions;
  #timer: NodeJS.Timeout | null = null;
  #dueAt = Infinity;
  #closed = false;

  constructor(options: IdleEvictionOptions) {
    this.#options = options;
  }

  /** A project was started, or is wanted for a shorter time from now on. */
  watch(projectId: string): void {
    const timeoutMs = this.#options.idleTimeoutMs(projectId);
    if (timeoutMs !== false) this.#lookAt(Date.now() + timeoutMs);
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  #lookAt(dueAt: number): void {
    if (this.#closed || dueAt >= this.#dueAt) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    const inMs = Math.min(Math.max(dueAt - Date.now(), minPauseMs), maxTimerMs);
    // Servers that run do not keep the process alive, and neither does the wish to stop them.
    this.#timer = setTimeout(() => this.#look(), inMs).unref();
  }

  #look(): void {
    this.#timer = null;
    this.#dueAt = Infinity;
    const { router, servers, idleTimeoutMs, isHeld } = this.#options;
    const now = Date.now();
    let activityOf: ReturnType<typeof routeActivity>;
    try {
      activityOf = routeActivity(router);
    } catch (error) {
      // Nobody can say what is idle; it is looked at again.
      this.#options.logger.error('The router could not tell what is idle', error);
      return this.#lookAt(now + 60_000);
    }
    for (const server of servers()) {
      const timeoutMs = idleTimeoutMs(server.projectId);
      if (timeoutMs === false || server.isDown) continue;
      const { inFlight, lastActiveAt } = activityOf(server.projectId);
      const lastUsedAt = latest(server.lastUsedAt, lastActiveAt)?.getTime() ?? 0;
      // One that comes back after a crash is looked at again when it has.
      const isBusy = inFlight > 0 || isHeld(server.projectId) || !server.isServing;
      const dueAt = (isBusy ? now : lastUsedAt) + timeoutMs;
      if (dueAt <= now) void this.#evict(server, timeoutMs);
      else this.#lookAt(dueAt);
    }
  }

  async #evict(server: IdleServer, timeoutMs: number): Promise<void> {
    const { logger } = this.#options;
    try {
      const isGone = await server.evict(this.#requestsOf(server));
      if (isGone)
        logger.info(`Project ${server.projectId} was stopped: nobody wanted it for ${timeoutMs} ms`);
      else this.#lookAt(Date.now() + timeoutMs);
    } catch (error) {
      logger.error(`The idle project ${server.projectId} could not be stopped`, error);
      this.#lookAt(Date.now() + timeoutMs);
    }
  }

  #requestsOf(server: IdleServer): EvictedRequests {
    const { router, logger } = this.#options;
    const { projectId } = server;
    const isHeld = (): boolean => this.#options.isHeld(projectId);
    let removed: RouteConfig | null = null;
    return {
      isHeld,
      async takeAway() {
        const route = await router?.getRoute(projectId);
        if (isHeld()) return false;
        if (!route || !router?.removeIdleRoute) return true;
        const { routeId, publicUrl: _, ...config } = route;
        if (!(await router.removeIdleRoute(routeId))) return false;
        removed = config;
        return true;
      },
      async giveBack() {
        try {
          if (router && removed) await routeTo(server, removed, router);
          return true;
        } catch (error) {
          logger.error(`Project ${projectId} is wanted again, and its route could not be made`, error);
          return false;
        }
      },
      async cutOff() {
        try {
          const route = removed && (await router?.getRoute(projectId));
          if (route) await router?.removeRoute(route.routeId);
        } catch (error) {
          logger.error(`The route of project ${projectId}, which ended, could not be removed`, error);
        }
      },
    };
  }
}

/** Registers a route to where the server is, which may come back under another address before the router answers. */
async function routeTo(server: IdleServer, config: RouteConfig, router: ActivatorRouter): Promise<void> {
  let led = server.address ?? { host: config.targetHost, port: config.targetPort };
  const { routeId } = await router.registerRoute({ ...config, targetHost: led.host, targetPort: led.port });
  for (;;) {
    const now = server.address;
    if (!now || (now.host === led.host && now.port === led.port)) return;
    await router.updateRoute(routeId, { targetHost: now.host, targetPort: now.port });
    led = now;
  }
}
