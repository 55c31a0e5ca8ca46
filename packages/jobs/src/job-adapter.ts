import type { JobProgress, JobResult, JobStatus } from './job-result.ts';
import type { ResolvedJobSpec } from './job-spec.ts';

/** A spec, ready to be run any number of times. Plain data. */
export interface JobContext {
  readonly kind: string;
  readonly id: string;
  readonly spec: ResolvedJobSpec;
}

/** Names one run. Plain data: any process that uses the same state folder can ask for it, also later. */
export interface JobHandle {
  readonly kind: string;
  readonly id: string;
}

export interface JobWatch {
  /** Cancels the run for `execute`, ends only the waiting for `wait`. */
  signal?: AbortSignal;
  /** Called for each progress line, in order, none after the end. One that throws harms nobody. */
  onProgress?(progress: JobProgress): void;
}

export interface JobRun extends JobWatch {
  /** Anything that JSON can tell. @default null */
  input?: unknown;
  /** On top of the spec's. */
  env?: Readonly<Record<string, string>>;
  /** The same key for the same name of a job is the same run, as long as that is kept. */
  key?: string;
}

/** A run as an adapter gets it. */
export interface AdapterRun extends Omit<JobRun, 'input'> {
  /** JSON. */
  input: string;
}

/** How far a run is. */
export interface JobState {
  id: string;
  name: string;
  status: JobStatus;
  contextId: string;
  /** Of the first process while it runs; those of its tree may outlive it, see `stopFailure`. */
  pid: number | null;
  /** Since the first start, until now or the end, in ms. */
  elapsedMs: number;
  /** From 1; 0 before the first start. */
  attempt: number;
  /**
   * Why it could not be stopped so far, with the pids of those that survived SIGKILL; it is tried again until they are
   * gone, and the run has no result before. `null` otherwise.
   */
  stopFailure: string | null;
  /** The last that the running or last attempt told. */
  progress: JobProgress | null;
  /** In ms since 1970. */
  createdAt: number;
}

/** An engine that runs jobs. What it gets was checked already. */
export interface JobAdapter {
  readonly kind: string;
  create(spec: ResolvedJobSpec): Promise<JobContext>;
  execute(context: JobContext, run: AdapterRun): Promise<JobResult>;
  executeBackground(context: JobContext, run: AdapterRun): Promise<JobHandle>;
  status(handle: JobHandle): Promise<JobState>;
  wait(handle: JobHandle, watch: JobWatch): Promise<JobResult>;
  /** Resolves at the end of the run, however it came. @throws ProjectRunnerError `STOP_FAILED`; the run goes on being stopped */
  cancel(handle: JobHandle): Promise<JobResult>;
  /** Of all runs, of whatever context; newest last. */
  list(): Promise<readonly JobState[]>;
  /** Stops what is left of a run, or of all runs of a context, and removes what was kept of it. */
  destroy(target: JobHandle | JobContext): Promise<void>;
  /** Lets go of what this process looks after: runs go on, and another process takes over. */
  close?(): Promise<void>;
}
