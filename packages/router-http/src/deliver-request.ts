import type { Exchange } from './exchange.ts';
import type { OwnAnswer } from './forward-context.ts';
import type { RouteTable } from './route-table.ts';
import type { Route } from './route.ts';
import type { AttemptResult } from './target-attempt.ts';
import type { WaitingRooms } from './waiting-rooms.ts';

export interface DeliverOptions {
  table: RouteTable;
  rooms: WaitingRooms;
  /** Whether somebody starts what is unknown. */
  wakes: boolean;
}

/** A client that is told to come back does so after so many s. */
const retryAfterS = { full: 1, late: 5, failed: 5, gone: 5 } as const;

/**
 * Brings a request to the server of its subdomain, as soon as there is one.
 * @returns `null` when it is there, or its client gone; else what to tell the client
 */
export async function deliverRequest(
  exchange: Exchange,
  subdomain: string,
  attempt: (route: Route) => Promise<AttemptResult>,
  { table, rooms, wakes }: DeliverOptions,
): Promise<OwnAnswer | null> {
  const deadline = performance.now() + rooms.patienceMs;
  let asked = false;
  let came = false;
  for (;;) {
    const route = table.bySubdomain(subdomain) ?? null;
    if (route) {
      exchange.assign(route);
      came ||= asked;
      if (!route.isPaused && (await attempt(route)) === 'taken') return null;
    } else if (came) {
      return notThere('gone');
    } else if (!wakes || asked) {
      return { status: 404, message: `Nothing is known as ${exchange.host}.` };
    }
    if (exchange.ended) return null;
    // Routes that changed meanwhile were not waited for.
    if (route && table.bySubdomain(subdomain)?.target !== route.target) continue;
    asked ||= route === null;
    const result = await rooms.wait(exchange, subdomain, route, deadline - performance.now());
    if (exchange.ended) return null;
    if (result !== 'open') return notThere(result);
  }
}

function notThere(why: keyof typeof reasons): OwnAnswer {
  return { status: 503, message: reasons[why], retryAfterS: retryAfterS[why] };
}

const reasons = {
  full: 'The server is not there yet, and too many wait for it already.',
  late: 'The server is not there, and was not in time.',
  failed: 'The server could not be started.',
  gone: 'The server was started, and ended at once.',
} as const;
