/**
 * The way of a build. `snapshot`: the source is copied, package manager and framework are found; `install`; `build`;
 * `verify`: what was built is looked at; `release`: it becomes deployable.
 */
export type BuildStageName = 'snapshot' | 'install' | 'build' | 'verify' | 'release';

/** A stage of a build began or ended. A build that succeeds goes through all of them, in that order. */
export interface BuildStageEvent {
  projectId: string;
  buildId: string;
  stage: BuildStageName;
  /** `failed` is also a stage in which the build was cancelled or timed out. */
  state: 'started' | 'succeeded' | 'failed';
  startedAt: Date;
  /** `null` while it runs. */
  endedAt: Date | null;
  /** `null` while it runs. */
  durationMs: number | null;
  /** Its result was there already and nothing was run; known at its end. */
  cached: boolean;
}
