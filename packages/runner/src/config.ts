import type { Logger, PluginLayer, RestartPolicy, SecretsInOutput, ServerLimits } from '@project-runner/core';

import type { AllowedOptions } from './project-options/allow-options.ts';
import type { PluginWrappers } from './wrap-plugin.ts';

/** What users write. Every key is optional; see the README of this package for the table. */
export interface RunnerConfig {
  /** Inclusive. @default { start: 4111, end: 4200 } */
  portRange?: { start: number; end: number };
  /** Builds running at once; the rest queue in order. @default 3 */
  maxConcurrentBuilds?: number;
  /** Builds of one project running at once; those of other projects do not wait behind them. @default no limit of its own */
  maxConcurrentBuildsPerProject?: number;
  /** Install + build together, in ms. @default 600000 */
  defaultBuildTimeoutMs?: number;
  healthCheck?: HealthCheckConfig;
  /** Lines kept in memory per server. @default 10000 */
  logRetentionLines?: number;
  /** Where builds are made and kept. @default '.mastra/builds' */
  buildDir?: string;
  /** Use again what was built and installed before. @default true: at most 5 GB, nothing for longer than 30 days */
  cache?: boolean | CacheConfig;
  /** Releases kept of each deployment; one that is in use is never removed. @default 5 */
  keepReleases?: number;
  /**
   * Releases of a deployment go when no server has used one of them for so many days, and it was neither built nor deployed,
   * also what it ran last: it has to be built again then. @default Infinity: never
   */
  keepUnusedDays?: number;
  /** Into every build and server. @default {} */
  globalEnvVars?: Record<string, string>;
  /** When a secret value is found in what was built, unless the build's own option says otherwise. @default 'warn' */
  secretsInOutput?: SecretsInOutput;
  /** What must survive the runner. @default the user's state folder, one folder in it for each working directory */
  stateDir?: string;
  /** One working folder a deployment, the same over all its releases. @default `{stateDir}/data` */
  dataDir?: string;
  /** Give the project's own `.env` and `.env.production` to the server, below `envVars`. @default true */
  envFiles?: boolean;
  /** Let install scripts of dependencies run. @default false */
  allowInstallScripts?: boolean;
  /** From SIGTERM to SIGKILL, in ms, at most 28000. @default 16000, or what the framework asks for where that is more */
  stopGraceMs?: number;
  /**
   * A replaced server serves for so long after its `deploy`, in ms, if it is reached at an address of its own and the runner
   * has no router: the host is to move the traffic meanwhile. @default 10000
   */
  replaceGraceMs?: number;
  /** Servers and their logs outlive a runner that is killed. Not on Windows. @default true */
  durable?: boolean;
  /** When a server that ended is started again. @default on failure, with back-off from 1 s to 60 s, 10 times in 5 min */
  restart?: Partial<RestartPolicy> | RestartPolicy['policy'];
  /** Look at servers again and again, and start one anew that fails. @default on where `roles` of a probe name it, else off */
  liveness?: Partial<LivenessConfig> | boolean;
  /** What each server may use, unless its deploy says otherwise. @default no limits */
  limits?: ServerLimits;
  /** Layers merged over the preset: a plugin replaces the one of the same `kind:name`. */
  plugins?: PluginLayer;
  /** Keys removed from the preset: `['log-sink:file']`. */
  without?: readonly string[];
  /** Wraps plugins that are there, by key: `{ 'log-sink:file': (inner) => filterSink(inner, { stream: 'stderr' }) }`. */
  wrap?: PluginWrappers;
  /** Keys that come first, in this order; the others keep theirs behind them. @default as they were given */
  order?: readonly string[];
  /** What projects may set in the field `project-runner` of their package.json: `[allowOptions(…)]`. @default nothing */
  projectOptions?: readonly AllowedOptions[];
  /** @default silent: a library prints nothing by itself */
  logger?: Logger;
}

export interface LivenessConfig {
  /** From one look to the next, in ms. @default 10000 */
  intervalMs: number;
  /** Looks that fail in a row before the server is started anew. @default 3 */
  failures: number;
}

export interface CacheConfig {
  /** Of what is kept for the cache alone, in MB; what was used last stays. @default 5120 */
  maxSizeMb?: number;
  /** After its last use, in days. @default 30 */
  maxAgeDays?: number;
}

export interface HealthCheckConfig {
  /** One probe, in ms. @default 5000 */
  timeoutMs?: number;
  /** The longest pause between two probes while starting, in ms. @default 1000 */
  retryIntervalMs?: number;
  /** `maxRetries × retryIntervalMs` is the start deadline. @default 30 */
  maxRetries?: number;
  /** Path of the probe; wins over what a framework says when given. @default '/health' */
  endpoint?: string;
}

/** What the code reads: resolved once, in the constructor. */
export interface ResolvedConfig {
  portRange: { start: number; end: number };
  maxConcurrentBuilds: number;
  maxConcurrentBuildsPerProject: number;
  defaultBuildTimeoutMs: number;
  healthCheck: Required<HealthCheckConfig> & { endpointGiven: boolean };
  logRetentionLines: number;
  buildDir: string;
  /** `null`: off. */
  cache: Readonly<Required<CacheConfig>> | null;
  keepReleases: number;
  keepUnusedDays: number;
  globalEnvVars: Readonly<Record<string, string>>;
  secretsInOutput: SecretsInOutput;
  stateDir: string;
  dataDir: string;
  envFiles: boolean;
  allowInstallScripts: boolean;
  /** `null`: the default. */
  stopGraceMs: number | null;
  replaceGraceMs: number;
  durable: boolean;
  restart: Readonly<RestartPolicy>;
  /** `null`: off. */
  liveness: Readonly<LivenessConfig> | null;
  /** Somebody said so; otherwise a probe may ask for it. */
  livenessGiven: boolean;
  limits: Readonly<ServerLimits>;
  wrap: PluginWrappers;
  projectOptions: readonly AllowedOptions[];
  logger: Logger;
}
