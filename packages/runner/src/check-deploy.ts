import type { Build, Deployment, Project, RunOptions } from '@project-runner/core';

import { expectObject, expectRecord, onlyKeys, whole } from './check-value.ts';
import { maxTimer } from './resolve-config.ts';
import { checkLimits } from './resolve-limits.ts';

const known = [
  'envVars',
  'secrets',
  'port',
  'healthCheckTimeoutMs',
  'limits',
  'signal',
] as const satisfies readonly (keyof RunOptions)[];

export interface DeployArguments {
  project: Project;
  deployment: Deployment;
  build: Build;
  options: RunOptions;
}

/** Answers what it was given. @throws TypeError for what is no record; ProjectRunnerError `CONFIG_INVALID` with the option, the value and what was expected */
export function checkDeploy(all: DeployArguments): DeployArguments {
  const { options, ...records } = all;
  for (const [name, record] of Object.entries(records)) expectRecord(name, record);
  expectObject('options', options);
  onlyKeys(null, options, known);
  whole('healthCheckTimeoutMs', options.healthCheckTimeoutMs, 1, maxTimer);
  checkLimits('limits', options.limits);
  return all;
}
