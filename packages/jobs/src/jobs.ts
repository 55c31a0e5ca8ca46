import { ProjectRunnerError } from '@project-runner/core';

import type {
  AdapterRun,
  JobAdapter,
  JobContext,
  JobHandle,
  JobRun,
  JobState,
  JobWatch,
} from './job-adapter.ts';
import type { JobResult, JobStatus } from './job-result.ts';
import type { JobSpec } from './job-spec.ts';
import { onlyKeys } from './only-keys.ts';
import { localJobs } from './local/local-jobs.ts';
import type { LocalJobsOptions } from './local/local-options.ts';
import { readSpec } from './spec/read-spec.ts';
import { resolveEnvironment } from './spec/resolve-spec.ts';

export interface JobsOptions extends LocalJobsOptions {
  /** Another engine; then no other option has a meaning. @default localJobs(options) */
  adapter?: JobAdapter;
}

export interface JobFilter {
  name?: string;
  status?: JobStatus;
  context?: JobContext;
}

/** One-shot work: JSON in, JSON out, and a result that outlives its caller. */
export interface Jobs {
  readonly kind: string;
  /**
   * A spec, or the path of its YAML or JSON file. It is read and checked once.
   * @throws ProjectRunnerError `CONFIG_INVALID` with file, line and key
   */
  createContext(spec: JobSpec | string, options?: { cwd?: string }): Promise<JobContext>;
  /**
   * Runs it and waits. A run that fails is a result, too.
   * @throws ProjectRunnerError `CONFIG_INVALID`, `STATE_UNWRITABLE`; TypeError
   */
  execute(context: JobContext, run?: JobRun): Promise<JobResult>;
  /** Runs it; the handle comes at once. @throws as `execute` */
  executeBackground(context: JobContext, run?: Omit<JobRun, 'signal'>): Promise<JobHandle>;
  /** @throws ProjectRunnerError `JOB_NOT_FOUND` */
  status(handle: JobHandle): Promise<JobState>;
  /** For as long as it takes, whoever started it. @throws ProjectRunnerError `JOB_NOT_FOUND`; the signal's reason */
  wait(handle: JobHandle, watch?: JobWatch): Promise<JobResult>;
  /**
   * Ends the whole tree, and answers what came of the run; one that has ended stays as it is.
   * @throws as `status`; `STOP_FAILED` naming what survived SIGKILL: the run is not over, and goes on being stopped
   */
  cancel(handle: JobHandle): Promise<JobResult>;
  /** Runs that are kept, oldest first. */
  list(filter?: JobFilter): Promise<readonly JobState[]>;
  /**
   * Stops what is left of a run, or of all runs of a context, and removes what is kept of it.
   * @throws ProjectRunnerError `STOP_FAILED`; then nothing is removed of that run
   */
  destroy(target: JobHandle | JobContext): Promise<void>;
  /** Lets go: runs go on, and another process takes over. What still waits is rejected with `RUNNER_CLOSED`. */
  close(): Promise<void>;
}

/** @throws ProjectRunnerError `CONFIG_INVALID` */
export function createJobs({ adapter: given, ...options }: JobsOptions = {}): Jobs {
  const adapter = given ?? localJobs(options);
  const { kind } = adapter;
  const check = <Target extends { kind: string }>(target: Target): Target => {
    if (target.kind === kind) return target;
    throw new ProjectRunnerError(
      'JOB_NOT_FOUND',
      `This is of an engine of kind ${JSON.stringify(target.kind)}; found one of kind ${JSON.stringify(kind)}`,
      { hint: 'Ask the jobs that it came from' },
    );
  };
  return {
    kind,
    createContext: async (spec, { cwd } = {}) => adapter.create(await readSpec(spec, cwd)),
    execute: async (context, run = {}) => adapter.execute(check(context), checkRun(run)),
    executeBackground: async (context, run = {}) => adapter.executeBackground(check(context), checkRun(run)),
    status: async (handle) => adapter.status(check(handle)),
    wait: async (handle, watch = {}) => adapter.wait(check(handle), watch),
    cancel: async (handle) => adapter.cancel(check(handle)),
    list: async (filter = {}) => (await adapter.list()).filter((state) => isWanted(state, filter)),
    destroy: async (target) => adapter.destroy(check(target)),
    close: async () => adapter.close?.(),
  };
}

const runKeys = ['input', 'env', 'key', 'signal', 'onProgress'] as const satisfies readonly (keyof JobRun)[];

function checkRun(run: JobRun): AdapterRun {
  onlyKeys('run', run, runKeys);
  const { input = null, env, key, ...watch } = run;
  const json = JSON.stringify(input) as string | undefined;
  if (json === undefined) throw new TypeError('The input of a job must be something that JSON can tell');
  if (key !== undefined && (typeof key !== 'string' || key === '')) {
    throw new TypeError('The key of a run must be a text that is not empty');
  }
  return {
    input: json,
    ...(env === undefined ? {} : { env: resolveEnvironment(env) }),
    ...(key === undefined ? {} : { key }),
    ...watch,
  };
}

function isWanted(state: JobState, { name, status, context }: JobFilter): boolean {
  return (
    (name === undefined || state.name === name) &&
    (status === undefined || state.status === status) &&
    (context === undefined || state.contextId === context.id)
  );
}
