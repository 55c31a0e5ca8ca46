import { LocalProcessRunner, resolveConfig, stopOnSignals } from '@project-runner/runner';

import type { Activator } from './activator.ts';
import type { ActivatorOptions } from './activator-options.ts';
import { LocalActivator } from './local-activator.ts';
import type { PlanSpawnOptions } from './plan-spawn.ts';
import { resolveOptions } from './resolve-options.ts';
import type { ResolvedOptions } from './resolve-options.ts';
import { findBin } from './runtime-bin.ts';
import { stopLeftServers } from './stop-left-servers.ts';

/**
 * Resolves when the runtime was found and what an earlier process left is on its way out.
 * @throws ProjectRunnerError `CONFIG_INVALID`; `SPAWN_FAILED` where the runtime of `resolveBin` cannot be run
 */
export async function createActivator(written: ActivatorOptions = {}): Promise<Activator> {
  const options = resolveOptions(written);
  const runner = new LocalProcessRunner(options.runner);
  if (options.router) runner.setRouter(options.router);
  const spawning = spawnOptions(options);
  // Now: a runtime that is missing is not to be found out by the first request.
  if (spawning.runtime) await findBin(options);
  const { restart } = resolveConfig(options.runner);
  const activator = new LocalActivator({ options, runner, spawning, restart });
  await stopLeftServers(runner, options.logger);
  if (options.stopOnSignals) activator.onShutdown(stopOnSignals(activator, options.stopOnSignals));
  return activator;
}

function spawnOptions(options: ResolvedOptions): PlanSpawnOptions {
  const { resolveBin, spawnCommand, enrichSpawnConfig, enrichTimeoutMs, logger } = options;
  return {
    runtime:
      resolveBin || spawnCommand
        ? async (project) => {
            const bin = await findBin(options);
            return spawnCommand ? spawnCommand(bin, project) : { file: bin };
          }
        : null,
    enrich: enrichSpawnConfig ?? null,
    enrichTimeoutMs,
    logger,
  };
}
