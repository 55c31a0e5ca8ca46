import type { ServerState } from '@project-runner/core';

export type ProjectState = 'starting' | 'running' | 'restarting' | 'stopping' | 'stopped' | 'error';

/** What is known of a project, for people and dashboards. */
export interface ProjectStatus {
  projectId: string;
  /** `restarting`: it ended, and is started again after a pause. `error`: it was given up, or could not be started. */
  status: ProjectState;
  /** Where its server listens; `null` while it has none. */
  agentPort: number | null;
  /** The port after it, leased with it. */
  apiServerPort: number | null;
  /** `null` while no process runs. */
  pid: number | null;
  /** Of its present process, or of its last one; `null` before the first. */
  startedAt: Date | null;
  /** The last request, `touch` or start; `null` before the first. */
  lastUsedAt: Date | null;
  /** How often its server came back after a crash, since it was woken. */
  restarts: number;
  /** Why it was started again, given up or not started, in words. */
  lastError: string | null;
}

/** What the states of its server mean for a project. */
export const supervisedStates: Readonly<Record<ServerState, ProjectState>> = {
  ready: 'running',
  backoff: 'restarting',
  starting: 'restarting',
  stopping: 'stopping',
  exited: 'stopped',
  crashed: 'error',
};

/** Of a project that was never started. */
export function sleepingStatus(projectId: string): ProjectStatus {
  return {
    projectId,
    status: 'stopped',
    agentPort: null,
    apiServerPort: null,
    pid: null,
    startedAt: null,
    lastUsedAt: null,
    restarts: 0,
    lastError: null,
  };
}
