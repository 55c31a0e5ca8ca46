import type { RouteInfo } from '@project-runner/core';

/**
 * Called when a request comes that nobody serves; resolves when somebody does. Requests for the same subdomain share one
 * call and wait for it, or for the route that it makes. A rejection is a 503 for them.
 */
export type Wake = (request: WakeRequest) => Promise<void>;

export interface WakeRequest {
  /** In lower case. */
  subdomain: string;
  /** There is no such route, or its target refuses connections or is paused. */
  reason: 'unknown' | 'refused';
  /** `null` where it is unknown. */
  route: RouteInfo | null;
  /** Aborts when nobody waits any more. */
  signal: AbortSignal;
}
