import { resolve } from 'node:path';

import { createJobs, defaultJobsDir } from '@project-runner/jobs';
import type { FinalJobStatus, Jobs, JobResult } from '@project-runner/jobs';

import type { CliIo } from '../cli-io.ts';
import { exitCodeOfSignal, exitCodes } from '../exit-codes.ts';
import { readVariables } from '../input/read-variables.ts';
import { listenForStop } from '../stop-requests.ts';
import type { StopRequests } from '../stop-requests.ts';
import { readInput } from './read-input.ts';
import type { RunCommandOptions } from './run-options.ts';
import { createRunReporter } from './run-reporter.ts';
import type { RunReporter } from './run-reporter.ts';

const kind = 'local';

/** `project-runner run`: runs a job, or looks after one that runs. Answers the exit code. */
export async function runJob(
  spec: string | undefined,
  options: RunCommandOptions,
  io: CliIo,
): Promise<number> {
  const { stateDir, json = false } = options;
  const reporter = createRunReporter(io, json);
  const jobs = createJobs({
    stateDir: stateDir === undefined ? defaultJobsDir(io.env) : resolve(io.cwd, stateDir),
  });
  const stop = listenForStop(io, () => undefined);
  try {
    if (spec !== undefined) return await start(spec, options, { jobs, io, reporter, stop });
    return await lookAfter(options, { jobs, io, reporter, stop });
  } finally {
    stop.dispose();
    await jobs.close();
  }
}

interface Tools {
  jobs: Jobs;
  io: CliIo;
  reporter: RunReporter;
  stop: StopRequests;
}

async function start(spec: string, options: RunCommandOptions, tools: Tools): Promise<number> {
  const { jobs, io, reporter, stop } = tools;
  const context = await jobs.createContext(spec, { cwd: io.cwd });
  const run = {
    input: await readInput(options, io.cwd),
    env: readVariables({
      envFiles: [],
      env: options.env ?? [],
      cwd: io.cwd,
      environment: io.env,
      warn: reporter.notice,
    }),
    ...(options.key === undefined ? {} : { key: options.key }),
  };
  if (options.background) {
    reporter.started(await jobs.executeBackground(context, run));
    return exitCodes.ok;
  }
  stop.signal.addEventListener('abort', () => reporter.notice('Cancelling'));
  const { progress: onProgress } = reporter;
  return end(await jobs.execute(context, { ...run, signal: stop.signal, onProgress }), tools);
}

async function lookAfter(options: RunCommandOptions, tools: Tools): Promise<number> {
  const { jobs, reporter, stop } = tools;
  const handle = (id: string): { kind: string; id: string } => ({ kind, id });
  if (options.status !== undefined) reporter.states([await jobs.status(handle(options.status))]);
  if (options.list) reporter.states(await jobs.list());
  if (options.cancel !== undefined) {
    reporter.result(await jobs.cancel(handle(options.cancel)));
    return exitCodes.ok;
  }
  if (options.wait === undefined) return exitCodes.ok;
  try {
    const { progress: onProgress } = reporter;
    return end(await jobs.wait(handle(options.wait), { signal: stop.signal, onProgress }), tools);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    reporter.notice('The run goes on');
    return exitCodeOfStop(stop);
  }
}

function end(result: JobResult, { reporter, stop }: Tools): number {
  reporter.result(result);
  if (result.status === 'cancelled' && stop.signal.aborted) return exitCodeOfStop(stop);
  return codes[result.status];
}

const codes: Readonly<Record<FinalJobStatus, number>> = {
  completed: exitCodes.ok,
  failed: exitCodes.jobFailed,
  'timed-out': exitCodes.jobTimedOut,
  cancelled: exitCodes.jobCancelled,
};

function exitCodeOfStop(stop: StopRequests): number {
  const reason = stop.reason();
  return reason === undefined || reason === 'output-closed' || reason === 'uncaught'
    ? exitCodes.jobCancelled
    : exitCodeOfSignal(reason);
}
