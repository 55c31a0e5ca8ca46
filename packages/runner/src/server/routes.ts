import { setTimeout as delay } from 'node:timers/promises';

import { ProjectRunnerError } from '@project-runner/core';
import type { EdgeRouter, Logger, RouteConfig, RouteInfo } from '@project-runner/core';

import { createKeyedLock } from './keyed-lock.ts';
import { untilAborted, withinMs } from '../within.ts';
import type { Address } from './server-state.ts';

export interface RoutesOptions {
  getRouter(): EdgeRouter | undefined;
  logger: Logger;
  /** Answer of the router for one change, in ms. */
  deadlineMs?: number;
  /** Until a router that failed to put right what came late is asked again, in ms; it doubles up to a minute. @default 5000 */
  retryMs?: number;
  /** When it aborts, nothing is put right any more. */
  signal?: AbortSignal;
}

/** The routes of deployments. Changes of one deployment happen one after the other, so that none undoes a newer one. */
export interface Routes {
  /**
   * Sends traffic to a server. `moved` is called when it is done, before another change of the deployment begins.
   * @throws ProjectRunnerError `ROUTE_FAILED`; the signal's reason
   */
  point(route: RouteConfig, signal: AbortSignal, moved?: () => void): Promise<void>;
  /** Where the route of a deployment leads to `from`, it leads to `to` afterwards. @throws as `point` does */
  follow(deploymentId: string, from: Address, to: Address, signal?: AbortSignal): Promise<void>;
  /**
   * Holds requests back while the server at `target` is away although its port accepts, if the route leads there and it is
   * still meant at its turn. Nothing where the router cannot do it. One that takes effect after its deadline is put right
   * by what was asked for last, however often the router has to be asked. @throws ProjectRunnerError `ROUTE_FAILED`
   */
  pause(deploymentId: string, target: Address, isPaused: boolean, isMeant: () => boolean): Promise<void>;
  /**
   * Takes the route away if it leads to one of these, and whoever asks is still to do so when it is their turn. Never
   * rejects: a router that is down must not keep a server alive.
   */
  remove(deploymentId: string, targets: readonly Address[], isMeant?: () => boolean): Promise<void>;
}

const defaultDeadlineMs = 5000;
const defaultRetryMs = 5000;
const maxRetryMs = 60_000;

export function createRoutes({
  getRouter,
  logger,
  deadlineMs = defaultDeadlineMs,
  retryMs = defaultRetryMs,
  signal: closing,
}: RoutesOptions): Routes {
  const lock = createKeyedLock();
  /** What was asked for last, by deployment: whether a pause is still meant. None: a resume. */
  const pauses = new Map<string, () => boolean>();
  const change = (
    deploymentId: string,
    what: string,
    action: (router: EdgeRouter) => Promise<void>,
    { signal, done: told, lateEnd }: ChangeOptions = {},
  ): Promise<void> =>
    lock.run(deploymentId, async () => {
      const router = getRouter();
      if (!router) return;
      const running = action(router);
      const done = withinMs(running, deadlineMs, () => {
        if (lateEnd) void running.then(lateEnd, lateEnd);
        throw new Error(`it did not answer within ${deadlineMs} ms`);
      });
      try {
        await (signal ? untilAborted(done, signal) : done);
        told?.();
      } catch (error) {
        if (signal?.aborted) throw error;
        throw routeFailed(what, error);
      }
    });
  const setPaused = (
    deploymentId: string,
    target: Address,
    isPaused: () => boolean,
    isMeant: () => boolean,
  ): Promise<void> => {
    const what = `${isPaused() ? 'pause' : 'resume'} the route of deployment ${deploymentId}`;
    const action = (router: EdgeRouter): Promise<void> =>
      pauseRoute(router, deploymentId, { target, isPaused, isMeant });
    return change(deploymentId, what, action, { lateEnd: () => void putRight(deploymentId, target) });
  };
  /** The corrections under way, by deployment; a newer one takes the place of the one before it. */
  const corrections = new Map<string, object>();
  /** The late change may have undone a newer one, also of another server at the same address. */
  const putRight = async (deploymentId: string, target: Address): Promise<void> => {
    const isPaused = (): boolean => pauses.get(deploymentId)?.() ?? false;
    const own = {};
    const isMine = (): boolean => corrections.get(deploymentId) === own && !closing?.aborted;
    corrections.set(deploymentId, own);
    for (let pauseMs = retryMs; isMine(); pauseMs = Math.min(pauseMs * 2, maxRetryMs)) {
      try {
        await setPaused(deploymentId, target, isPaused, isMine);
        break;
      } catch (error) {
        if (pauseMs === retryMs) {
          logger.error(
            `The route of deployment ${deploymentId} may be paused or not, as a late answer left it; the router is asked again`,
            error,
          );
        }
      }
      await delay(pauseMs, undefined, { ref: false, ...(closing ? { signal: closing } : {}) }).catch(
        () => undefined,
      );
    }
    if (corrections.get(deploymentId) === own) corrections.delete(deploymentId);
  };
  return {
    point: (route, signal, moved) => {
      const what = `point ${route.subdomain} at ${route.targetHost}:${route.targetPort}`;
      return change(route.deploymentId, what, (router) => pointRoute(router, route), { signal, done: moved });
    },
    follow: (deploymentId, from, to, signal) => {
      const what = `lead the route of deployment ${deploymentId} to ${to.host}:${to.port}`;
      const follow = (router: EdgeRouter): Promise<void> => followRoute(router, deploymentId, from, to);
      return change(deploymentId, what, follow, signal ? { signal } : {});
    },
    pause: (deploymentId, target, isPaused, isMeant) => {
      if (isPaused) pauses.set(deploymentId, isMeant);
      else pauses.delete(deploymentId);
      return setPaused(deploymentId, target, () => isPaused, isMeant);
    },
    async remove(deploymentId, targets, isMeant = () => true) {
      try {
        await change(deploymentId, 'remove the route', async (router) => {
          if (!isMeant()) return;
          pauses.delete(deploymentId);
          await removeRoute(router, deploymentId, targets);
        });
      } catch (error) {
        logger.error(`The route of deployment ${deploymentId} could not be removed`, error);
      }
    },
  };
}

interface ChangeOptions {
  signal?: AbortSignal;
  /** Called when it is done. */
  done?: (() => void) | undefined;
  /** Called when it settles after its deadline, whatever became of it. */
  lateEnd?: () => void;
}

async function followRoute(
  router: EdgeRouter,
  deploymentId: string,
  from: Address,
  to: Address,
): Promise<void> {
  const known = await router.getRoute(deploymentId);
  if (!leadsTo(known, from)) return;
  await router.updateRoute(known.routeId, { targetHost: to.host, targetPort: to.port });
}

async function pauseRoute(
  router: EdgeRouter,
  deploymentId: string,
  { target, isPaused, isMeant }: { target: Address; isPaused: () => boolean; isMeant: () => boolean },
): Promise<void> {
  if (!router.setRoutePaused || !isMeant()) return;
  const known = await router.getRoute(deploymentId);
  // The answer may have taken long.
  if (leadsTo(known, target) && isMeant()) await router.setRoutePaused(known.routeId, isPaused());
}

async function removeRoute(
  router: EdgeRouter,
  deploymentId: string,
  targets: readonly Address[],
): Promise<void> {
  const known = await router.getRoute(deploymentId);
  // Another server of the deployment may have the traffic by now.
  if (known && targets.some((target) => leadsTo(known, target))) await router.removeRoute(known.routeId);
}

function leadsTo(route: RouteInfo | null | undefined, { host, port }: Address): route is RouteInfo {
  return route?.targetHost === host && route.targetPort === port;
}

/** Updates the deployment's route where it has one, registers one where not: registering twice throws. */
async function pointRoute(router: EdgeRouter, route: RouteConfig): Promise<void> {
  const known = await router.getRoute(route.deploymentId);
  if (known) await router.updateRoute(known.routeId, route);
  else await router.registerRoute(route);
}

function routeFailed(what: string, cause: unknown): ProjectRunnerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ProjectRunnerError('ROUTE_FAILED', `The router could not ${what}: ${reason}`, {
    cause,
    hint: 'What served before still does. See that the router is up, and deploy again',
  });
}
