import { ProjectRunnerError } from '@project-runner/core';

import { Route } from './route.ts';
import { SleepingCounters } from './sleeping-counters.ts';
import type { StoredRoute } from './stored-route.ts';

/** Routes by each of their names. */
export class RouteTable {
  readonly #byId = new Map<string, Route>();
  readonly #byDeployment = new Map<string, Route>();
  readonly #bySubdomain = new Map<string, Route>();
  readonly #sleeping = new SleepingCounters();

  get size(): number {
    return this.#byId.size;
  }

  all(): readonly Route[] {
    return [...this.#byId.values()];
  }

  byId(routeId: string): Route | undefined {
    return this.#byId.get(routeId);
  }

  byDeployment(deploymentId: string): Route | undefined {
    return this.#byDeployment.get(deploymentId);
  }

  bySubdomain(subdomain: string): Route | undefined {
    return this.#bySubdomain.get(subdomain);
  }

  /** @throws ProjectRunnerError `ROUTE_EXISTS` where another route has the deployment or the subdomain */
  mustFit({ routeId, deploymentId, subdomain }: StoredRoute): void {
    const sibling = this.#byDeployment.get(deploymentId);
    if (sibling && sibling.stored.routeId !== routeId) {
      throw new ProjectRunnerError(
        'ROUTE_EXISTS',
        `Deployment ${deploymentId} has the route ${sibling.stored.routeId} already`,
        { hint: 'Look with getRoute first, and change it with updateRoute' },
      );
    }
    const namesake = this.#bySubdomain.get(subdomain);
    if (namesake && namesake.stored.routeId !== routeId) {
      throw new ProjectRunnerError(
        'ROUTE_EXISTS',
        `The subdomain ${subdomain} leads to deployment ${namesake.stored.deploymentId} already`,
        { hint: 'Give one of the two deployments another slug' },
      );
    }
  }

  /** Adds a route, or changes the one with its id. */
  put(stored: StoredRoute): Route {
    const known = this.#byId.get(stored.routeId);
    const route = known ?? new Route(stored, this.#sleeping.take(stored.deploymentId));
    if (known) {
      this.#forgetNames(known);
      known.change(stored);
    }
    this.#byId.set(stored.routeId, route);
    this.#byDeployment.set(stored.deploymentId, route);
    this.#bySubdomain.set(stored.subdomain, route);
    return route;
  }

  remove(route: Route): void {
    this.#forgetNames(route);
    this.#byId.delete(route.stored.routeId);
    route.retire();
  }

  /** One that comes back goes on counting. */
  removeIdle(route: Route): void {
    this.remove(route);
    this.#sleeping.keep(route.stored.deploymentId, route.counters);
  }

  #forgetNames({ stored }: Route): void {
    this.#byDeployment.delete(stored.deploymentId);
    this.#bySubdomain.delete(stored.subdomain);
  }
}
