import type { EventEmitter } from 'node:events';

import { ProjectRunnerError } from '@project-runner/core';
import type { FrameworkPlugin, Logger, PluginSet, RestartPolicy, RunnerEvents } from '@project-runner/core';

import type { LivenessConfig, ResolvedConfig } from '../config.ts';
import { applyProjectOptions } from '../project-options/apply-project-options.ts';
import { recallProjectOptions } from '../project-options/recall-project-options.ts';
import type { ProjectOptions } from '../project-options/read-project-options.ts';
import { maxTimer } from '../resolve-config.ts';
import { createMemoryWatch } from './memory-watch.ts';
import type { MemoryWatch } from './memory-watch.ts';
import { resolveLiveness } from './resolve-liveness.ts';
import type { Routes } from './routes.ts';
import type { StoredServer } from './server-state.ts';
import type { StartTiming } from './start-server.ts';
import { createStateStore } from './state-store.ts';
import type { StateStore } from './state-store.ts';
import { stopGrace } from './stop-grace.ts';

/** What all supervisors of a runner share. */
export interface SupervisionContext {
  plugins: PluginSet;
  logger: Logger;
  store: StateStore;
  /** Servers outlive the runner. */
  durable: boolean;
  events: EventEmitter<RunnerEvents>;
  timing: StartTiming;
  restart: Readonly<RestartPolicy>;
  /** `null`: off. */
  liveness: Readonly<LivenessConfig> | null;
  probeTimeoutMs: number;
  memory: MemoryWatch;
  frameworkOf(name: string): FrameworkPlugin;
  /** From SIGTERM to SIGKILL, in ms, for a framework that wants so long to drain. */
  graceMs(drainSeconds: number, tookMs?: number): number;
  routes: Pick<Routes, 'follow' | 'pause' | 'remove'>;
  /** The same with the plugins of one project. @throws ProjectRunnerError `MANIFEST_INVALID` */
  forProject(options: ProjectOptions): SupervisionContext;
  /** The same for a server that was kept; what its project may not set any more is told and not used. */
  recallProject(stored: StoredServer): SupervisionContext;
}

export interface CreateContextOptions extends Pick<SupervisionContext, 'plugins' | 'events' | 'routes'> {
  config: ResolvedConfig;
}

export function createContext({ config, plugins, events, routes }: CreateContextOptions): SupervisionContext {
  const { healthCheck, logger } = config;
  const context: SupervisionContext = {
    plugins,
    logger,
    events,
    routes,
    store: createStateStore(config.stateDir, logger),
    durable: config.durable && process.platform !== 'win32' && plugins.one('launcher').adopt !== undefined,
    timing: {
      deadlineMs: Math.min(healthCheck.maxRetries * healthCheck.retryIntervalMs, maxTimer),
      maxPauseMs: healthCheck.retryIntervalMs,
      probeTimeoutMs: healthCheck.timeoutMs,
    },
    restart: config.restart,
    liveness: resolveLiveness(config, plugins),
    probeTimeoutMs: healthCheck.timeoutMs,
    memory: createMemoryWatch(logger),
    frameworkOf: (name) => frameworkOf(plugins, name),
    graceMs: (drainSeconds, tookMs = 0) => Math.max(0, stopGrace(config, drainSeconds) - tookMs),
    recallProject({ server, launch }) {
      if (launch.projectOptions === undefined) return context;
      const { options, refused } = recallProjectOptions(launch.projectOptions, {
        allowed: config.projectOptions,
        source: `what is kept of server ${server.id}`,
        tryOut: (some) => context.forProject(some),
      });
      for (const [name, reason] of refused) {
        logger.warn(`Server ${server.id} goes on without what its project has set of ${name}`, reason);
      }
      return context.forProject(options);
    },
    forProject(options) {
      const own = applyProjectOptions(plugins, config, options);
      const liveness = livenessOf(own, config);
      return { ...context, plugins: own, liveness, frameworkOf: (name) => frameworkOf(own, name) };
    },
  };
  return context;
}

/** Its probes may be others than the host's. */
function livenessOf(own: PluginSet, config: ResolvedConfig): SupervisionContext['liveness'] {
  try {
    return resolveLiveness(config, own);
  } catch (cause) {
    throw new ProjectRunnerError(
      'MANIFEST_INVALID',
      'package.json: with its "project-runner" no health probe is left that has the role liveness, and this host watches that',
      { cause, hint: 'Leave a probe the role liveness, or ask who runs this host to set liveness to false' },
    );
  }
}

function frameworkOf(plugins: PluginSet, name: string): FrameworkPlugin {
  const frameworks = plugins.all('framework');
  const found = frameworks.find((plugin) => plugin.name === name);
  if (found) return found;
  throw new ProjectRunnerError(
    'PLUGIN_MISSING',
    `the release was built with the framework plugin ${name}, which is not among ${frameworks.map((plugin) => plugin.name).join(', ') || 'none'}`,
    { hint: 'Give the runner the same framework plugins, or build again' },
  );
}
