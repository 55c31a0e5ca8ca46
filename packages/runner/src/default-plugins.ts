import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { Plugin } from '@project-runner/core';
import { astro } from '@project-runner/framework-astro';
import { mastra } from '@project-runner/framework-mastra';
import { next } from '@project-runner/framework-next';
import { nitro } from '@project-runner/framework-nitro';
import { nodeServer } from '@project-runner/framework-node';
import { svelteKit } from '@project-runner/framework-sveltekit';
import { healthHttp } from '@project-runner/health-http';
import { launcherLocal } from '@project-runner/launcher-local';
import { logsFile } from '@project-runner/logs-file';
import { bun } from '@project-runner/pm-bun';
import { npm } from '@project-runner/pm-npm';
import { pnpm } from '@project-runner/pm-pnpm';
import { yarn } from '@project-runner/pm-yarn';
import { portsRange } from '@project-runner/ports-range';

import type { RunnerConfig } from './config.ts';
import { memorySink } from './logs/memory-sink.ts';
import { resolveConfig } from './resolve-config.ts';

/** The preset. @throws ProjectRunnerError `CONFIG_INVALID` */
export function defaultPlugins(config: RunnerConfig = {}): readonly Plugin[] {
  const { portRange, healthCheck, logRetentionLines, stateDir, durable, logger } = resolveConfig(config);
  // An earlier runner's server may run on, silently, before anybody took it over.
  const isRunning = (serverId: string): boolean => existsSync(join(stateDir, 'servers', serverId));
  return [
    npm(),
    pnpm(),
    yarn(),
    bun(),
    nodeServer(),
    mastra(),
    next(),
    nitro(),
    astro(),
    svelteKit(),
    portsRange(portRange),
    launcherLocal({ durable }),
    healthHttp({ timeoutMs: healthCheck.timeoutMs }),
    memorySink({ lines: logRetentionLines }),
    logsFile({ dir: join(stateDir, 'logs'), isRunning, logger }),
  ];
}
