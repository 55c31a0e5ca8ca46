/** Where to look. */
export interface ProbeTarget {
  host: string;
  port: number;
  /** Starts with a slash. */
  path: string;
  /** The path is a guess: a server that answers it with "no such path" is taken to be well. */
  optionalPath?: boolean;
  /** A unix socket on which exactly this server answers, where `port` is shared with others: to be used in its place. */
  socketPath?: string;
}

/** A refusal is an answer, not an exception. */
export interface ProbeResult {
  healthy: boolean;
  /** What was seen; required where unhealthy: `Health check returned status 500`. */
  message?: string;
}

/**
 * What a probe is asked for. `startup`: whether a server that was started is there. `readiness`: whether it can serve, at
 * its start and whenever the host asks. `liveness`: whether it has to be started anew, and whenever the host asks.
 */
export type ProbeRole = 'startup' | 'readiness' | 'liveness';

/** Looks at a server once. The runner keeps the loop, the deadline and the race against the child's exit. */
export interface HealthProbePlugin {
  readonly kind: 'health-probe';
  readonly name: string;
  readonly apiVersion: 1;
  /** Where there are several probes, all of a role must pass. @default all three */
  readonly roles?: readonly ProbeRole[];
  /** Where it asks another path than that of the target, to be shown: it starts with a slash. @default the target's */
  readonly path?: string;
  /** Never rejects for a server that is down or slow; settles soon after `signal` aborts. */
  check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult>;
}
