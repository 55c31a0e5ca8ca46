import { ProjectRunnerError } from '@project-runner/core';

import type { JobResult } from '../job-result.ts';
import type { RunRecord } from '../store/run-record.ts';
import type { RunStore } from '../store/run-store.ts';
import type { OwnRuns } from './own-runs.ts';
import { untilChanged } from './run-changes.ts';

/**
 * The result of a run, whoever looks after it; where nobody does, this process does from now on.
 * For use in `abortable`: what this process lets go of never settles here.
 * @throws ProjectRunnerError `JOB_NOT_FOUND`; the signal's reason
 */
export async function waitForRun(
  id: string,
  { store, runs }: { store: RunStore; runs: OwnRuns },
  signal: AbortSignal,
): Promise<JobResult> {
  for (;;) {
    signal.throwIfAborted();
    const own = runs.get(id);
    if (own) return own.result;
    const record = readRun(id, store);
    const result = record.result ?? runs.unkept(record);
    if (result) return result;
    if (!runs.take(id)) await untilChanged(store.files(id).dir, signal);
  }
}

/** @throws ProjectRunnerError `JOB_NOT_FOUND` */
export function readRun(id: string, store: RunStore): RunRecord {
  const record = store.read(id);
  if (record) return record;
  throw new ProjectRunnerError('JOB_NOT_FOUND', `There is no run ${id} in ${store.dir}`, {
    hint: 'It was removed, or is kept in another stateDir',
  });
}
