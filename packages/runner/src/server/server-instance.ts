import type { LogSession, PortLease, ProbeTarget, ProcessHandle, RunningServer } from '@project-runner/core';

import type { LogPipeline } from '../logs/log-pipeline.ts';

export type ServerState = 'starting' | 'ready' | 'stopping' | 'exited';

/** A server and all that belongs to it. `ProcessManager` is its one writer. */
export interface ServerInstance {
  readonly session: LogSession;
  /** How long the framework wants from SIGTERM to the end. */
  readonly drainSeconds: number;
  readonly handle: ProcessHandle;
  readonly lease: PortLease;
  readonly logs: LogPipeline;
  readonly target: ProbeTarget;
  /** The record handed out; `deploy` and friends give copies. */
  server: RunningServer;
  state: ServerState;
}
