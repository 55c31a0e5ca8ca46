export type BuildStatus = 'queued' | 'building' | 'deploying' | 'succeeded' | 'failed' | 'cancelled';

/** One build of a project. `ProjectRunner.build` answers with a changed copy, never with the caller's object. */
export interface Build {
  id: string;
  deploymentId: string;
  trigger: 'manual' | 'webhook' | 'schedule' | 'rollback';
  triggeredBy: string | null;
  commitSha: string | null;
  commitMessage: string | null;
  status: BuildStatus;
  /** The build's log, a line each, bounded in length; the whole log is in the file `logPath`. */
  logs: string;
  logPath?: string | null;
  queuedAt: Date;
  startedAt: Date | null;
  completedAt: Date | null;
  errorMessage: string | null;
}
