import type { BuildPlan } from '@project-runner/core';

import type { ResolvedConfig } from '../config.ts';
import { buildEnvironment, registryTokens } from '../environment/base-environment.ts';
import { secretNames } from '../environment/secret-names.ts';
import { storedVariables } from '../environment/stored-variables.ts';
import { envVars } from '../resolve-config.ts';
import type { BuildRequest } from './project-builder.ts';

type Variables = Readonly<Record<string, string>>;

/** What the package manager and the build script get: the most particular wins. @throws ProjectRunnerError `CONFIG_INVALID` */
export function buildVariables(
  { globalEnvVars }: Pick<ResolvedConfig, 'globalEnvVars'>,
  { project, options }: Pick<BuildRequest, 'project' | 'options'>,
  ofFramework: BuildPlan['env'] = {},
): Record<string, string> {
  return {
    ...buildEnvironment(),
    CI: '1',
    ...ofFramework,
    ...globalEnvVars,
    ...storedVariables(project.envVars, 'project.envVars'),
    ...envVars('envVars', options?.envVars),
    ...envVars('secrets', options?.secrets),
  };
}

/** Those of the variables that are secret: marked so, given as `secrets`, or what a registry asks for. */
export function buildSecrets(
  variables: Variables,
  { project, options }: Pick<BuildRequest, 'project' | 'options'>,
): ReadonlyMap<string, string> {
  const names = [...secretNames(project, null, options ?? {}), ...registryTokens];
  return new Map(
    names.flatMap((name) => (variables[name] === undefined ? [] : [[name, variables[name]] as const])),
  );
}
