import type { Deployment, Project, RunOptions, ServerLimits } from '@project-runner/core';

import { withNodeOnPath } from '../build/run-build-command.ts';
import type { ResolvedConfig } from '../config.ts';
import { baseEnvironment } from '../environment/base-environment.ts';
import { readEnvFiles } from '../environment/read-env-files.ts';
import { storedVariables } from '../environment/stored-variables.ts';
import { envVars } from '../resolve-config.ts';
import { withHeapLimit } from './limits.ts';

export interface ServerVariablesOptions {
  config: Pick<ResolvedConfig, 'envFiles' | 'globalEnvVars'>;
  project: Pick<Project, 'envVars'>;
  deployment: Pick<Deployment, 'envVarOverrides'>;
  options: Pick<RunOptions, 'envVars' | 'secrets'>;
  limits: Readonly<ServerLimits>;
  /** Of the command that starts it. */
  ofCommand: Readonly<Record<string, string>> | undefined;
  /** Has the `.env` files. */
  projectDir: string;
  /** Of the deployment. */
  dataDir: string;
}

/**
 * What the server of a project gets, but for its address. The more somebody had this one deployment in mind, the later it
 * comes, and wins.
 * @throws ProjectRunnerError `ENV_FILE_INVALID`, `CONFIG_INVALID`
 */
export async function serverVariables({
  config,
  project,
  deployment,
  options,
  limits,
  ...start
}: ServerVariablesOptions): Promise<Record<string, string>> {
  const variables = {
    NODE_ENV: 'production',
    ...start.ofCommand,
    ...baseEnvironment(),
    PROJECT_RUNNER_DATA_DIR: start.dataDir,
    ...(config.envFiles ? await readEnvFiles(start.projectDir) : {}),
    ...config.globalEnvVars,
    ...storedVariables(project.envVars),
    ...storedVariables(deployment.envVarOverrides),
    ...envVars('envVars', options.envVars),
    ...envVars('secrets', options.secrets),
  };
  return withHeapLimit(withNodeOnPath(variables), limits);
}
