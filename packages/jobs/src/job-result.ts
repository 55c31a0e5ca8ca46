import type { ErrorCode } from '@project-runner/core';

import type { JobLimits } from './job-spec.ts';

export type JobStatus = 'pending' | 'running' | 'completed' | 'failed' | 'cancelled' | 'timed-out';

export type FinalJobStatus = Exclude<JobStatus, 'pending' | 'running'>;

/** What a job told of itself on its result channel: `{"progress": 0.4, "step": "…"}`. */
export interface JobProgress {
  /** From 0 to 1. */
  progress: number;
  step: string | null;
}

/** A file that a job left in its output folder. */
export interface JobArtifact {
  /** Relative to `JobResult.outputDir`, with `/`. */
  path: string;
  /** In bytes. */
  size: number;
  /** In hexadecimal digits; `null` beyond the first GiB of a run (64 MiB of a stopped one), and where it took too long. */
  sha256: string | null;
}

/** Why a run did not complete. */
export interface JobFailure {
  /** `SPAWN_FAILED` `JOB_FAILED` `JOB_OUTPUT_INVALID` `JOB_LIMIT_EXCEEDED` `JOB_TIMEOUT` `JOB_CANCELLED` `JOB_LOST` */
  code: ErrorCode;
  message: string;
  hint: string | null;
  exitCode: number | null;
  signal: string | null;
}

export interface JobMetrics {
  /** From the first start to the last end, in ms; 0 for a run that was never started. */
  wallMs: number;
  /** Of the last attempt, of all processes that their parents waited for; `null` if not known. */
  cpuMs: number | null;
  /**
   * Of the whole tree in the last attempt: counted by its control group where it has one, else the most that was seen
   * by looks. `null` for one that ended before the first look.
   */
  peakMemoryBytes: number | null;
  /** Attempts beyond the first. */
  retries: number;
}

/** A limit, and what saw to it until the end of the last attempt: `deadline`, `cgroup-v1`, `cgroup-v2`, `watch`, `prlimit`, `nice`, `node`. */
export interface JobLimitInForce {
  value: number;
  /** Empty: nobody, because this machine does not allow it, or nobody looked after the run when it ended. */
  by: readonly string[];
}

/** Plain data, the same for whoever asks. */
export interface JobResult {
  id: string;
  name: string;
  status: FinalJobStatus;
  /** What it wrote to its result file, else its stdout as JSON, else `{ stdout }`. */
  output: unknown;
  error: JobFailure | null;
  /** The last 64 KiB; what was before is told by a mark in front. */
  stderr: string;
  /** `null` where nothing was started. */
  outputDir: string | null;
  artifacts: readonly JobArtifact[];
  metrics: JobMetrics;
  limits: Readonly<Partial<Record<keyof JobLimits, JobLimitInForce>>>;
  /** Each in ms since 1970. */
  createdAt: number;
  startedAt: number | null;
  endedAt: number;
}
