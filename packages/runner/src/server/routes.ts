import { ProjectRunnerError } from '@project-runner/core';
import type { EdgeRouter, Logger, RouteConfig } from '@project-runner/core';

import { createKeyedLock } from './keyed-lock.ts';
import { untilAborted, withinMs } from '../within.ts';

export interface RoutesOptions {
  getRouter(): EdgeRouter | undefined;
  logger: Logger;
  /** Answer of the router for one change, in ms. */
  deadlineMs?: number;
}

/** The routes of deployments. Changes of one deployment happen one after the other, so that none undoes a newer one. */
export interface Routes {
  /** Sends traffic to a server. @throws ProjectRunnerError `ROUTE_FAILED`; the signal's reason */
  point(route: RouteConfig, signal: AbortSignal): Promise<void>;
  /** Takes the route away if it still leads there. Never rejects: a router that is down must not keep a server alive. */
  remove(deploymentId: string, target: { host: string; port: number }): Promise<void>;
}

const defaultDeadlineMs = 5000;

export function createRoutes({ getRouter, logger, deadlineMs = defaultDeadlineMs }: RoutesOptions): Routes {
  const lock = createKeyedLock();
  const late = (): never => {
    throw new Error(`it did not answer within ${deadlineMs} ms`);
  };
  return {
    point: (route, signal) =>
      lock.run(route.deploymentId, async () => {
        const router = getRouter();
        if (!router) return;
        try {
          await untilAborted(withinMs(pointRoute(router, route), deadlineMs, late), signal);
        } catch (error) {
          if (signal.aborted) throw error;
          throw routeFailed(route, error);
        }
      }),
    remove: (deploymentId, { host, port }) =>
      lock.run(deploymentId, async () => {
        const router = getRouter();
        if (!router) return;
        const remove = async (): Promise<void> => {
          const known = await router.getRoute(deploymentId);
          // Another server of the deployment may have the traffic by now.
          if (known?.targetHost === host && known.targetPort === port)
            await router.removeRoute(known.routeId);
        };
        try {
          await withinMs(remove(), deadlineMs, late);
        } catch (error) {
          logger.error(`The route of deployment ${deploymentId} could not be removed`, error);
        }
      }),
  };
}

/** Updates the deployment's route where it has one, registers one where not: registering twice throws. */
async function pointRoute(router: EdgeRouter, route: RouteConfig): Promise<void> {
  const known = await router.getRoute(route.deploymentId);
  if (known) await router.updateRoute(known.routeId, route);
  else await router.registerRoute(route);
}

function routeFailed(route: RouteConfig, cause: unknown): ProjectRunnerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ProjectRunnerError(
    'ROUTE_FAILED',
    `The router could not point ${route.subdomain} at ${route.targetHost}:${route.targetPort}: ${reason}`,
    {
      cause,
      hint: 'The new server was stopped; what served before still does. See that the router is up, and deploy again',
    },
  );
}
