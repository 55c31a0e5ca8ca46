export type {
  AdapterRun,
  JobAdapter,
  JobContext,
  JobHandle,
  JobRun,
  JobState,
  JobWatch,
} from './job-adapter.ts';
export type {
  FinalJobStatus,
  JobArtifact,
  JobFailure,
  JobLimitInForce,
  JobMetrics,
  JobProgress,
  JobResult,
  JobStatus,
} from './job-result.ts';
export type { JobLimits, JobSpec, ResolvedJobSpec } from './job-spec.ts';
export { createJobs } from './jobs.ts';
export type { JobFilter, Jobs, JobsOptions } from './jobs.ts';
export { localJobs } from './local/local-jobs.ts';
export type { LocalJobsOptions } from './local/local-options.ts';
export { readSpec } from './spec/read-spec.ts';
export { defaultJobsDir } from './store/default-jobs-dir.ts';
export type { Retention } from './store/sweep-runs.ts';
