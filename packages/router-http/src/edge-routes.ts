import { randomUUID } from 'node:crypto';

import { ProjectRunnerError } from '@project-runner/core';
import type { RouteConfig } from '@project-runner/core';

import { RouteTable } from './route-table.ts';
import type { Route } from './route.ts';
import { openRoutesFile } from './routes-file.ts';
import type { RoutesFile } from './routes-file.ts';
import { checkRoute } from './stored-route.ts';
import type { StoredRoute } from './stored-route.ts';
import type { Target } from './target.ts';

export interface EdgeRoutesOptions {
  routesFile: string | null;
  /** Requests for the subdomain may find something else now. */
  onChange(subdomain: string): void;
  onRemoved(deploymentId: string): void;
}

/** The routes and their file. A change is in the file before requests see it; changes happen one after the other. */
export class EdgeRoutes {
  readonly #table = new RouteTable();
  readonly #options: EdgeRoutesOptions;
  #file: RoutesFile | null = null;
  #opened = false;
  #closed = false;
  #changes: Promise<unknown> = Promise.resolve();

  constructor(options: EdgeRoutesOptions) {
    this.#options = options;
  }

  /** What requests look things up in. */
  get table(): RouteTable {
    return this.#table;
  }

  /** Restores what is in the file, once. @throws as `openRoutesFile` does; ProjectRunnerError `ROUTER_CLOSED` */
  open(): void {
    if (this.#closed) throw new ProjectRunnerError('ROUTER_CLOSED', 'The router was closed', closedHint);
    if (this.#opened) return;
    const { routesFile } = this.#options;
    if (routesFile !== null) {
      this.#file = openRoutesFile(routesFile);
      for (const stored of this.#file.routes) this.#table.put(stored);
    }
    this.#opened = true;
  }

  register(config: RouteConfig): Promise<Route> {
    return this.#change(() => this.#put({ ...config, routeId: randomUUID() }));
  }

  async update(routeId: string, config: Partial<RouteConfig>): Promise<Route> {
    let before: Target | undefined;
    const route = await this.#change(() => {
      const known = this.mustGet(routeId);
      before = known.target;
      const given = Object.entries(config).filter(([, value]) => value !== undefined);
      return this.#put({ ...known.stored, ...Object.fromEntries(given), routeId });
    });
    if (before !== route.target) await before?.settled(settleMs);
    return route;
  }

  async remove(routeId: string): Promise<void> {
    const removed = await this.#change(async () => {
      const route = this.#table.byId(routeId);
      if (!route) return;
      await this.#save(this.#without(routeId));
      this.#table.remove(route);
      this.#removed(route);
      return route;
    });
    await removed?.target.settled(settleMs);
  }

  /** Whoever waits looks again. @throws ProjectRunnerError `ROUTE_NOT_FOUND` */
  setPaused(routeId: string, isPaused: boolean): Promise<void> {
    return this.#change(async () => {
      const route = this.mustGet(routeId);
      if (route.isPaused === isPaused) return;
      route.isPaused = isPaused;
      this.#options.onChange(route.stored.subdomain);
    });
  }

  /** Whether it is gone: between the look and the removal no request can come in. */
  removeIdle(routeId: string): Promise<boolean> {
    return this.#change(async () => {
      const route = this.#table.byId(routeId);
      if (!route) return true;
      if (route.counters.inFlight > 0) return false;
      await this.#save(this.#without(routeId));
      if (route.counters.inFlight > 0) {
        await this.#save(this.#stored());
        return false;
      }
      this.#table.removeIdle(route);
      this.#removed(route);
      return true;
    });
  }

  /** @throws ProjectRunnerError `ROUTE_NOT_FOUND` */
  mustGet(routeId: string): Route {
    const route = this.#table.byId(routeId);
    if (route) return route;
    throw new ProjectRunnerError('ROUTE_NOT_FOUND', `There is no route ${routeId}`, {
      hint: 'It takes the id of a route, not of a deployment: see getRoute(deploymentId)',
    });
  }

  /** Waits for changes that were asked for. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#changes;
    for (const route of this.#table.all()) route.retire();
    this.#file?.close();
    this.#file = null;
  }

  async #put(written: StoredRoute): Promise<Route> {
    const stored = checkRoute(written);
    this.#table.mustFit(stored);
    const before = this.#table.byId(stored.routeId)?.stored;
    await this.#save([...this.#without(stored.routeId), stored]);
    const route = this.#table.put(stored);
    if (before && before.deploymentId !== stored.deploymentId) this.#options.onRemoved(before.deploymentId);
    if (before && before.subdomain !== stored.subdomain) this.#options.onChange(before.subdomain);
    this.#options.onChange(stored.subdomain);
    return route;
  }

  #removed(route: Route): void {
    this.#options.onRemoved(route.stored.deploymentId);
    this.#options.onChange(route.stored.subdomain);
  }

  #without(id: string): StoredRoute[] {
    return this.#stored().filter(({ routeId }) => routeId !== id);
  }

  #stored(): StoredRoute[] {
    return this.#table.all().map(({ stored }) => stored);
  }

  async #save(routes: readonly StoredRoute[]): Promise<void> {
    await this.#file?.write(routes);
  }

  async #change<T>(action: () => Promise<T>): Promise<T> {
    this.open();
    const done = this.#changes.then(action);
    this.#changes = done.catch(() => undefined);
    return done;
  }
}

/** Callers stop the old server when they are answered: what was just sent to it should have been read by then. */
const settleMs = 1000;
const closedHint = { hint: 'Make a new one' };
