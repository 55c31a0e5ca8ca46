import type { ProcessExit } from './launcher-plugin.ts';
import type { LimitInForce, LimitName } from './server-limits.ts';

/**
 * `starting → ready → stopping → exited`, with `backoff` between an exit and the next `starting`, and `crashed` where it
 * is given up.
 */
export type ServerState = 'starting' | 'ready' | 'backoff' | 'stopping' | 'exited' | 'crashed';

/** What is known of a server, for people and dashboards. */
export interface ServerStatus {
  state: ServerState;
  /** How often it was started again. */
  restarts: number;
  /** How its process ended the last time; `null` when it has not ended. */
  lastExit: ProcessExit | null;
  /** Why it was started again or given up, in words. */
  lastError: string | null;
  /** Its last 50 lines, secrets masked, kept when it is given up; empty before. */
  lastLines: readonly string[];
  /** When the next start is due, while in `backoff`. */
  nextStartAt: Date | null;
  /** The limits it was deployed with, and which are in force while a process of it runs. */
  limits: Readonly<Partial<Record<LimitName, LimitInForce>>>;
}
