import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import type { LauncherPlugin } from '@project-runner/core';
import { launcherLocal } from '@project-runner/launcher-local';

import { onlyKeys } from '../only-keys.ts';
import { variableName } from '../spec/resolve-spec.ts';
import { defaultJobsDir } from '../store/default-jobs-dir.ts';
import type { Retention } from '../store/sweep-runs.ts';

export interface LocalJobsOptions {
  /** Where runs are kept. Whoever is to wait for a run must name the same. @default one folder for each user */
  stateDir?: string;
  /** Runs at once of this process; the others wait in order. @default the number of cores */
  concurrency?: number;
  /** From SIGTERM to SIGKILL when a run is stopped, in ms. @default 5000 */
  graceMs?: number;
  /** The variable that has the input. @default 'PROJECT_RUNNER_INPUT' */
  inputVariable?: string;
  /** How much of the past is kept. */
  retention?: Partial<Retention>;
  /** Have unfinished runs looked after by a process of its own when this one is gone. @default true */
  keeper?: boolean;
  /** Starts the processes. @default launcherLocal({ spoolBudgetBytes: 67108864 }) */
  launcher?: LauncherPlugin;
}

/** Unread output of a stream: far more than is kept of it in the end. */
const spoolBudgetBytes = 64 * 1024 * 1024;

const known = [
  'stateDir',
  'concurrency',
  'graceMs',
  'inputVariable',
  'retention',
  'keeper',
  'launcher',
] as const satisfies readonly (keyof LocalJobsOptions)[];

export interface ResolvedLocalOptions extends Required<Omit<LocalJobsOptions, 'retention'>> {
  retention: Retention;
}

/** @throws ProjectRunnerError `CONFIG_INVALID` */
export function resolveLocalOptions(options: LocalJobsOptions = {}): ResolvedLocalOptions {
  onlyKeys('localJobs', options, known);
  const {
    stateDir = defaultJobsDir(),
    concurrency = availableParallelism(),
    graceMs = 5000,
    inputVariable = 'PROJECT_RUNNER_INPUT',
    retention = {},
    keeper = true,
    launcher = launcherLocal({ spoolBudgetBytes }),
  } = options;
  onlyKeys('localJobs: retention', retention, ['runs', 'days'] satisfies (keyof Retention)[]);
  const { runs = 1000, days = 7 } = retention;
  const whole = { concurrency, graceMs, 'retention.runs': runs, 'retention.days': days };
  for (const [key, value] of Object.entries(whole)) {
    const least = key === 'concurrency' ? 1 : 0;
    if (!Number.isInteger(value) || value < least || value > 2 ** 31 - 1) {
      throw wrong(key, value, `a whole number from ${least}`);
    }
  }
  if (typeof stateDir !== 'string' || stateDir === '')
    throw wrong('stateDir', stateDir, 'the path of a folder');
  if (!variableName.test(inputVariable))
    throw wrong('inputVariable', inputVariable, 'the name of a variable');
  if (typeof keeper !== 'boolean') throw wrong('keeper', keeper, 'true or false');
  // Absolute, because a keeper works elsewhere, and a host may change its folder.
  return {
    stateDir: resolve(stateDir),
    concurrency,
    graceMs,
    inputVariable,
    retention: { runs, days },
    keeper,
    launcher,
  };
}

function wrong(key: string, value: unknown, expected: string): ProjectRunnerError {
  return new ProjectRunnerError(
    'CONFIG_INVALID',
    `localJobs: ${key} must be ${expected}; found ${JSON.stringify(value) ?? String(value)}`,
  );
}
