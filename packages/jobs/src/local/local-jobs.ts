import { randomUUID } from 'node:crypto';

import { ProjectRunnerError } from '@project-runner/core';
import { baseEnvironment } from '@project-runner/launcher-local';
import { thisProcess } from '@project-runner/leases';

import type { AdapterRun, JobAdapter, JobContext, JobWatch } from '../job-adapter.ts';
import type { JobResult } from '../job-result.ts';
import { followProgress } from '../run/follow-progress.ts';
import { jobEnvironment } from '../run/job-environment.ts';
import type { RunRecord } from '../store/run-record.ts';
import { newRunId, openRunStore } from '../store/run-store.ts';
import { abortable } from './abortable.ts';
import { cancelRun, destroyRun, unlessMissing } from './cancel-run.ts';
import { keepAwake } from './keep-awake.ts';
import { beginKeeper } from './keeper-lease.ts';
import { createKeeperWatch } from './keeper-watch.ts';
import { resolveLocalOptions } from './local-options.ts';
import type { LocalJobsOptions } from './local-options.ts';
import { createOwnRuns } from './own-runs.ts';
import { runState } from './run-state.ts';
import { waitForRun } from './wait-for-run.ts';

const kind = 'local';
/** A larger input goes to stdin: the system allows a variable twice as much. */
const maxVariableBytes = 64 * 1024;
/** A run that takes longer is worth a process that waits for the end of this one. */
const keeperDelayMs = 100;
/** To look whether there is a keeper takes longer than to look at a run. */
const relieveEveryMs = 2000;
/** After the last run. */
const keeperIdleMs = 2000;

/**
 * Runs jobs as processes of this machine. What is kept of a run is in files, so any process of the user can ask for it.
 * @throws ProjectRunnerError `CONFIG_INVALID`
 */
export function localJobs(given: LocalJobsOptions = {}): JobAdapter {
  const options = resolveLocalOptions(given);
  const store = openRunStore(options.stateDir);
  // Once: to go through all of them takes as long as to write a file.
  const environment = baseEnvironment();
  let idleTimer: NodeJS.Timeout | undefined;
  const runs = createOwnRuns({
    store,
    options,
    onTake: () => void setTimeout(startKeeper, keeperDelayMs).unref(),
    onIdle: () => {
      clearTimeout(idleTimer);
      idleTimer = setTimeout(() => keeper?.dismiss(), keeperIdleMs).unref();
    },
  });
  const keeper = options.keeper ? createKeeperWatch(keeperArgs(options), () => runs.size === 0) : null;
  const startKeeper = (): void => {
    clearTimeout(idleTimer);
    if (runs.size > 0) keeper?.start();
  };
  let relievedAt = Number.NEGATIVE_INFINITY;
  /** Its keeper was killed, too, and nobody but whoever asks knows. */
  const relieve = (): void => {
    const now = performance.now();
    if (!keeper || now - relievedAt < relieveEveryMs) return;
    relievedAt = now;
    beginKeeper(options.stateDir, () => keeper.begin());
  };
  const tools = { store, runs, launcher: options.launcher, graceMs: options.graceMs, onOrphan: relieve };
  const closing = new AbortController();
  const whileOpen = <T>(action: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> =>
    keepAwake(abortable([closing.signal, signal], action));

  const begin = ({ id, spec }: JobContext, run: AdapterRun): string => {
    closing.signal.throwIfAborted();
    const isLarge = Buffer.byteLength(run.input) > maxVariableBytes;
    const record: RunRecord = {
      formatVersion: 1,
      id: newRunId(spec.name, run.key),
      contextId: id,
      marker: randomUUID(),
      spec: { ...spec, env: {} },
      createdAt: Date.now(),
      graceMs: options.graceMs,
      creator: thisProcess(),
      secret: {
        env: jobEnvironment(spec, run.env, environment),
        inputVariables: [options.inputVariable, ...spec.inputVariables],
        input: isLarge ? null : run.input,
        inputFile: isLarge ? `input-${randomUUID()}.json` : null,
      },
      result: null,
    };
    const kept = store.create(record, run.input);
    if (kept === record) runs.begin(record);
    return kept.id;
  };

  const watched = async (id: string, watch: JobWatch): Promise<JobResult> => {
    const { onProgress, signal } = watch;
    const follower = onProgress ? followProgress(store.files(id), onProgress) : null;
    try {
      return await whileOpen((over) => waitForRun(id, tools, over), signal);
    } finally {
      follower?.finish();
    }
  };

  return {
    kind,
    create: (spec) => Promise.resolve({ kind, id: randomUUID(), spec }),
    async execute(context, run) {
      const id = begin(context, run);
      const timer = setTimeout(startKeeper, keeperDelayMs).unref();
      const { signal, ...rest } = run;
      const cancel = (): void => void cancelRun(id, tools, closing.signal).catch(() => undefined);
      if (signal?.aborted) cancel();
      else signal?.addEventListener('abort', cancel, { once: true });
      try {
        return await watched(id, rest.onProgress ? { onProgress: rest.onProgress } : {});
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', cancel);
      }
    },
    async executeBackground(context, run) {
      const id = begin(context, run);
      startKeeper();
      if (run.onProgress) void watched(id, { onProgress: run.onProgress }).catch(() => undefined);
      return { kind, id };
    },
    status: ({ id }) => whileOpen((over) => runState(id, tools, over)),
    wait: ({ id }, watch) => watched(id, watch),
    cancel: ({ id }) => whileOpen((over) => cancelRun(id, tools, over)),
    async list() {
      const states = await whileOpen((over) =>
        Promise.all(store.list().map((id) => runState(id, tools, over).catch(unlessMissing))),
      );
      return states
        .flatMap((state) => state ?? [])
        .toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
    },
    async destroy(target) {
      await whileOpen(async (over) => {
        const ids = 'spec' in target ? runsOf(target) : [target.id];
        await Promise.all(ids.map((id) => destroyRun(id, tools, over)));
      });
    },
    async close() {
      closing.abort(closed());
      clearTimeout(idleTimer);
      const isIdle = runs.size === 0;
      await runs.close();
      if (isIdle) keeper?.dismiss();
      else keeper?.handOver();
    },
  };

  function runsOf({ id }: JobContext): string[] {
    return store.list().filter((run) => store.read(run)?.contextId === id);
  }
}

function closed(): ProjectRunnerError {
  return new ProjectRunnerError('RUNNER_CLOSED', 'These jobs were closed', {
    hint: 'Make new ones; runs go on, and can be waited for there',
  });
}

/** What a keeper is to be like: it takes the place of this process. */
function keeperArgs({
  stateDir,
  concurrency,
  graceMs,
  retention,
}: ReturnType<typeof resolveLocalOptions>): string[] {
  return [JSON.stringify({ stateDir, concurrency, graceMs, retention })];
}
