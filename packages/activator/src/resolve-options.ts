import { join } from 'node:path';

import type { Logger } from '@project-runner/core';
import { defaultStateDir } from '@project-runner/runner';
import type { RunnerConfig } from '@project-runner/runner';

import type { ActivatorOptions } from './activator-options.ts';
import { checkIdleTimeout, checkMs, wrong } from './check-value.ts';
import { defaultPairEnv, defaultPairRange, portsPair } from './ports-pair.ts';

export interface ResolvedOptions extends Pick<
  ActivatorOptions,
  'router' | 'resolveBin' | 'spawnCommand' | 'enrichSpawnConfig' | 'findProject'
> {
  idleTimeoutMs: number | false;
  enrichTimeoutMs: number;
  localPathPrefixes: readonly string[];
  stopOnSignals: Exclude<ActivatorOptions['stopOnSignals'], boolean | undefined> | null;
  runner: RunnerConfig;
  logger: Logger;
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const defaultIdleMs = 15 * 60 * 1000;

/** Defaults and checks; what is the runner's, the runner checks. @throws ProjectRunnerError `CONFIG_INVALID` */
export function resolveOptions(options: ActivatorOptions): ResolvedOptions {
  const { idleTimeoutMs = defaultIdleMs, enrichTimeoutMs = 10_000, stopOnSignals = false } = options;
  const { portEnv = defaultPairEnv, localPathPrefixes = ['/agent'], logger = silent } = options;
  checkIdleTimeout('idleTimeoutMs', idleTimeoutMs);
  checkMs('enrichTimeoutMs', enrichTimeoutMs);
  for (const [name, which] of Object.entries(portEnv)) {
    if (which !== 'first' && which !== 'second') throw wrong(`portEnv.${name}`, which, '"first" or "second"');
  }
  for (const prefix of localPathPrefixes) {
    if (typeof prefix !== 'string' || !prefix.startsWith('/')) {
      throw wrong('localPathPrefixes', prefix, 'paths that start with "/"');
    }
  }
  for (const name of ['resolveBin', 'spawnCommand', 'enrichSpawnConfig', 'findProject'] as const) {
    const given: unknown = options[name];
    if (given !== undefined && typeof given !== 'function') throw wrong(name, given, 'a function');
  }
  const { start, end } = options.portRange ?? defaultPairRange;
  const { runner = {} } = options;
  const stateDir = runner.stateDir ?? join(defaultStateDir(), 'activator');
  return {
    ...options,
    idleTimeoutMs,
    enrichTimeoutMs,
    localPathPrefixes,
    stopOnSignals: stopOnSignals === true ? {} : stopOnSignals || null,
    logger,
    runner: {
      // Nothing is built; the folder is not to be made beside the host's.
      buildDir: join(stateDir, 'builds'),
      ...runner,
      stateDir,
      plugins: [portsPair({ start, end, env: portEnv }), runner.plugins],
      without: ['port-strategy:range', ...(runner.without ?? [])],
      logger,
    },
  };
}
