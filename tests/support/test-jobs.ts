import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { createJobs } from '@project-runner/jobs';
import type { JobRun, Jobs, JobResult, JobSpec, JobsOptions } from '@project-runner/jobs';
import { onTestFinished } from 'vitest';

import { tempFolder } from './temp-folder.ts';

export interface TestJobs {
  jobs: Jobs;
  stateDir: string;
  /** A context and a run of it. */
  run(spec: JobSpec, run?: JobRun): Promise<JobResult>;
}

/** Jobs in a folder of their own; what is left of them is stopped when the test ends. */
export function testJobs(options: JobsOptions = {}): TestJobs {
  const stateDir = options.stateDir ?? join(tempFolder(), 'jobs');
  mkdirSync(stateDir, { recursive: true });
  const jobs = createJobs({ keeper: false, ...options, stateDir });
  onTestFinished(async () => {
    const cleaner = createJobs({ keeper: false, stateDir });
    await jobs.close();
    for (const { id } of await cleaner.list()) await cleaner.destroy({ kind: 'local', id });
    await cleaner.close();
  });
  const run = async (spec: JobSpec, request?: JobRun): Promise<JobResult> =>
    jobs.execute(await jobs.createContext(spec), request);
  return { jobs, stateDir, run };
}

/** Code for `node -e`. */
export function nodeJob(code: string): readonly string[] {
  return ['node', '-e', code];
}

/** Code for `sh -c`. */
export function shellJob(code: string): readonly string[] {
  return ['/bin/sh', '-c', code];
}
