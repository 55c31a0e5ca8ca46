import type { BuildOptions } from '@project-runner/core';

import { expectObject, flag, onlyKeys, whole, wrong } from '../check-value.ts';
import { envVars, maxTimer, secretsInOutput } from '../resolve-config.ts';

const known = [
  'envVars',
  'timeoutMs',
  'skipInstall',
  'cache',
  'secrets',
  'secretsInOutput',
  'signal',
] as const satisfies readonly (keyof BuildOptions)[];

/** @throws ProjectRunnerError `CONFIG_INVALID` with the key, the value (of variables only the name) and what was expected */
export function checkBuildOptions(options: BuildOptions): void {
  expectObject('options', options);
  onlyKeys(null, options, known);
  whole('timeoutMs', options.timeoutMs, 1, maxTimer);
  flag('skipInstall', options.skipInstall);
  flag('cache', options.cache);
  envVars('envVars', options.envVars);
  envVars('secrets', options.secrets);
  secretsInOutput('secretsInOutput', options.secretsInOutput);
  const { signal } = options;
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw wrong('signal', signal, 'an AbortSignal');
  }
}
