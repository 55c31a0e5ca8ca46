import type { RunnerConfig, StopOnSignalsOptions } from '@project-runner/runner';

import type { ActivatorRouter } from './activator-router.ts';
import type { PairPort } from './ports-pair.ts';
import type { ProjectConfig } from './project-config.ts';
import type { RuntimeOptions } from './runtime-bin.ts';
import type { SpawnConfig } from './spawn-config.ts';

export interface ActivatorOptions extends RuntimeOptions {
  /** Gets a route for each project that runs; its `wake` is to call that of the activator. */
  router?: ActivatorRouter;
  /** A project is stopped when nobody wanted it for so long, in ms; `false`: never. @default 900000, 15 min */
  idleTimeoutMs?: number | false;
  /** Inclusive; each project gets two ports in a row. @default { start: 37100, end: 37900 } */
  portRange?: { start: number; end: number };
  /** Variables that tell a server its ports. @default PORT: 'first', API_SERVER_PORT and SKILL_SERVER_PORT: 'second' */
  portEnv?: Readonly<Record<string, PairPort>>;
  /** Asked before each start, restarts included. What it throws is a warning, and the base is used. */
  enrichSpawnConfig?(projectId: string, base: SpawnConfig): SpawnConfig | Promise<SpawnConfig>;
  /** Until `enrichSpawnConfig` is taken for failed, in ms. @default 10000 */
  enrichTimeoutMs?: number;
  /** Asked for a project that was not registered, by its id or by its subdomain; `null`: there is none. */
  findProject?(wanted: WantedProject): FoundProject | null | Promise<FoundProject | null>;
  /** What paths `resolveLocalUrl` answers begin with. @default ['/agent'] */
  localPathPrefixes?: readonly string[];
  /** Stop all projects, then the process, at SIGINT, SIGTERM and SIGHUP. @default false */
  stopOnSignals?: boolean | Pick<StopOnSignalsOptions, 'signals' | 'onError'>;
  /** Of the runner that keeps the servers: health checks, restarts, limits, logs. Its `stateDir` is the activator's own. */
  runner?: Omit<RunnerConfig, 'portRange' | 'logger'>;
  /** @default silent */
  logger?: NonNullable<RunnerConfig['logger']>;
}

export type WantedProject =
  | { projectId: string; subdomain?: undefined }
  | { subdomain: string; projectId?: undefined };

export interface FoundProject {
  projectId: string;
  config: ProjectConfig;
}
