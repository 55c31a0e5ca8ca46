import type { RouterHttp, RouterStats } from '@project-runner/router-http';

import { eventually } from './eventually.ts';

/** The statistics when nothing is in flight: a client may have its answer a moment before the router knows. */
export function idleStats(router: RouterHttp): Promise<RouterStats> {
  return eventually(
    () => router.getStats(),
    ({ held, deployments }) => held === 0 && deployments.every(({ inFlight }) => inFlight === 0),
  );
}
