import type { Build, Deployment, Project, RunOptions } from '@project-runner/core';

import { expectObject, expectRecord, onlyKeys, whole } from './check-value.ts';
import { maxTimer } from './resolve-config.ts';
import { checkLimits } from './resolve-limits.ts';
import type { CommandRequest } from './server/deploy-request.ts';

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
  checkRunOptions(options);
  return all;
}

/** Answers what it was given. @throws as `checkDeploy` does */
export function checkDeployCommand(all: CommandRequest): CommandRequest {
  expectRecord('deployment', all.deployment);
  if (typeof all.command !== 'function') {
    throw new TypeError(`command must be a function that answers a command; found ${typeof all.command}`);
  }
  checkRunOptions(all.options);
  return all;
}

function checkRunOptions(options: RunOptions): void {
  expectObject('options', options);
  onlyKeys(null, options, known);
  whole('healthCheckTimeoutMs', options.healthCheckTimeoutMs, 1, maxTimer);
  checkLimits('limits', options.limits);
}
