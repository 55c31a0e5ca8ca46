/** Counted since the router was made. */
export interface RouterStats {
  /** Open connections of clients. */
  connections: number;
  /** Closed as they came, because there were `maxConnections`. */
  connectionsRefused: number;
  /** Requests that nobody was found for. */
  unrouted: number;
  /** Requests that wait for a server now. */
  held: number;
  /** A row a route. */
  deployments: readonly DeploymentStats[];
}

/** Counted since its route was registered; one that was gone for being idle goes on, if it is among the last 1000 of those. */
export interface DeploymentStats {
  deploymentId: string;
  projectId: string;
  subdomain: string;
  /** By `setRoutePaused`: its server is away, although its port may accept. */
  isPaused: boolean;
  /** WebSockets included. */
  requests: number;
  /** Answered with 500 and above, or broken off by the target. */
  errors: number;
  /** Broken off by the client. */
  clientGone: number;
  /** Now, those that are held and WebSockets included. */
  inFlight: number;
  /** The last begin or end of a request. */
  lastActiveAt: Date | null;
  latency: LatencyStats;
}

/** From a request's headers to those of its response, in ms, within 7 %; `null` while there was none. */
export interface LatencyStats {
  p50Ms: number | null;
  p99Ms: number | null;
  maxMs: number | null;
}
