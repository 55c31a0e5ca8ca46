import { join, resolve } from 'node:path';

import type { Logger, SecretsInOutput } from '@project-runner/core';

import { expectObject, flag, onlyKeys, text, whole, wrong } from './check-value.ts';
import type {
  CacheConfig,
  HealthCheckConfig,
  LivenessConfig,
  ResolvedConfig,
  RunnerConfig,
} from './config.ts';
import { defaultStateDir } from './default-state-dir.ts';
import { checkLimits, mergeLimits } from './resolve-limits.ts';
import { safeLogger } from './safe-logger.ts';
import { defaultRestartPolicy } from './server/restart-policy.ts';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

const knownKeys = [
  'portRange',
  'maxConcurrentBuilds',
  'maxConcurrentBuildsPerProject',
  'defaultBuildTimeoutMs',
  'healthCheck',
  'logRetentionLines',
  'buildDir',
  'cache',
  'keepReleases',
  'keepUnusedDays',
  'globalEnvVars',
  'secretsInOutput',
  'stateDir',
  'dataDir',
  'envFiles',
  'allowInstallScripts',
  'stopGraceMs',
  'replaceGraceMs',
  'durable',
  'restart',
  'liveness',
  'limits',
  'plugins',
  'without',
  'wrap',
  'order',
  'projectOptions',
  'logger',
] as const satisfies readonly (keyof RunnerConfig)[];

/** Defaults and checks. @throws ProjectRunnerError `CONFIG_INVALID` with the key, the value and what was expected */
export function resolveConfig(written: RunnerConfig = {}): ResolvedConfig {
  expectObject('config', written);
  onlyKeys(null, written, knownKeys);
  const stateDir = resolve(text('stateDir', written.stateDir) ?? defaultStateDir());
  return {
    portRange: portRange(written.portRange),
    maxConcurrentBuilds: whole('maxConcurrentBuilds', written.maxConcurrentBuilds, 1, 1024) ?? 3,
    maxConcurrentBuildsPerProject:
      whole('maxConcurrentBuildsPerProject', written.maxConcurrentBuildsPerProject, 1, 1024) ?? Infinity,
    defaultBuildTimeoutMs:
      whole('defaultBuildTimeoutMs', written.defaultBuildTimeoutMs, 1, maxTimer) ?? 600_000,
    healthCheck: healthCheck(written.healthCheck),
    logRetentionLines: whole('logRetentionLines', written.logRetentionLines, 1, 100_000_000) ?? 10_000,
    buildDir: resolve(text('buildDir', written.buildDir) ?? '.mastra/builds'),
    cache: cache(written.cache),
    keepReleases: whole('keepReleases', written.keepReleases, 1, 1_000_000) ?? 5,
    keepUnusedDays: days('keepUnusedDays', written.keepUnusedDays) ?? Number.POSITIVE_INFINITY,
    globalEnvVars: { ...envVars('globalEnvVars', written.globalEnvVars) },
    secretsInOutput: secretsInOutput('secretsInOutput', written.secretsInOutput) ?? 'warn',
    stateDir,
    dataDir: resolve(text('dataDir', written.dataDir) ?? join(stateDir, 'data')),
    envFiles: flag('envFiles', written.envFiles) ?? true,
    allowInstallScripts: flag('allowInstallScripts', written.allowInstallScripts) ?? false,
    stopGraceMs: whole('stopGraceMs', written.stopGraceMs, 0, 28_000) ?? null,
    replaceGraceMs: whole('replaceGraceMs', written.replaceGraceMs, 0, maxTimer) ?? 10_000,
    durable: flag('durable', written.durable) ?? true,
    restart: restartPolicy(written.restart),
    liveness: liveness(written.liveness),
    livenessGiven: written.liveness !== undefined,
    limits: mergeLimits(checkLimits('limits', written.limits)),
    wrap: wrappers(written.wrap),
    projectOptions: projectOptions(written.projectOptions),
    logger: logger(written.logger),
  };
}

export const defaultLiveness: Readonly<LivenessConfig> = { intervalMs: 10_000, failures: 3 };

/** The longest delay a Node timer takes. */
export const maxTimer: number = 2 ** 31 - 1;

function portRange(value: RunnerConfig['portRange']): { start: number; end: number } {
  if (value === undefined) return { start: 4111, end: 4200 };
  expectObject('portRange', value);
  const start = whole('portRange.start', value.start, 1, 65_535);
  const end = whole('portRange.end', value.end, 1, 65_535);
  if (start === undefined || end === undefined || start > end) {
    throw wrong('portRange', value, '{ start, end } with start <= end, both from 1 to 65535');
  }
  return { start, end };
}

function healthCheck(value: HealthCheckConfig | undefined): ResolvedConfig['healthCheck'] {
  if (value !== undefined) expectObject('healthCheck', value);
  const endpoint = text('healthCheck.endpoint', value?.endpoint);
  if (endpoint !== undefined && !endpoint.startsWith('/')) {
    throw wrong('healthCheck.endpoint', endpoint, 'a path that starts with "/"');
  }
  return {
    timeoutMs: whole('healthCheck.timeoutMs', value?.timeoutMs, 1, maxTimer) ?? 5000,
    retryIntervalMs: whole('healthCheck.retryIntervalMs', value?.retryIntervalMs, 1, maxTimer) ?? 1000,
    maxRetries: whole('healthCheck.maxRetries', value?.maxRetries, 1, 1_000_000) ?? 30,
    endpoint: endpoint ?? '/health',
    endpointGiven: endpoint !== undefined,
  };
}

/** Checks a record of variables. Values are not shown in the error: they may be secrets. */
export function envVars(key: string, value: unknown): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  expectObject(key, value);
  for (const [name, item] of Object.entries(value as Record<string, unknown>)) {
    if (name === '' || name.includes('=') || name.includes('\0')) {
      throw wrong(`${key}["${name}"]`, name, 'a variable name without "=" and NUL');
    }
    if (typeof item !== 'string') throw wrong(`${key}.${name}`, typeof item, 'a string');
    if (item.includes('\0')) throw wrong(`${key}.${name}`, 'a value with NUL', 'a string without NUL');
  }
  return value as Record<string, string>;
}

export function secretsInOutput(key: string, value: unknown): SecretsInOutput | undefined {
  if (value === undefined || value === 'warn' || value === 'fail' || value === 'ignore') return value;
  throw wrong(key, value, '"warn", "fail" or "ignore"');
}

function cache(value: RunnerConfig['cache']): ResolvedConfig['cache'] {
  if (value === false) return null;
  const given = value === undefined || value === true ? {} : value;
  expectObject('cache', given);
  onlyKeys('cache', given, ['maxSizeMb', 'maxAgeDays'] satisfies (keyof CacheConfig)[]);
  return {
    maxSizeMb: whole('cache.maxSizeMb', given.maxSizeMb, 0, 2 ** 40) ?? 5120,
    maxAgeDays: whole('cache.maxAgeDays', given.maxAgeDays, 0, 36_500) ?? 30,
  };
}

function days(key: string, value: unknown): number | undefined {
  if (value === undefined || (typeof value === 'number' && value > 0)) return value;
  throw wrong(key, value, 'a number of days above 0, or Infinity');
}

function restartPolicy(value: RunnerConfig['restart']): ResolvedConfig['restart'] {
  const given = typeof value === 'string' ? { policy: value } : (value ?? {});
  expectObject('restart', given);
  const base = defaultRestartPolicy;
  const policy = given.policy ?? base.policy;
  if (!['always', 'on-failure', 'never'].includes(policy)) {
    throw wrong('restart.policy', policy, '"always", "on-failure" or "never"');
  }
  const jitter = given.jitter ?? base.jitter;
  if (typeof jitter !== 'number' || !(jitter >= 0 && jitter <= 1)) {
    throw wrong('restart.jitter', jitter, 'a number from 0 to 1');
  }
  const ms = (key: 'initialDelayMs' | 'maxDelayMs' | 'stableMs' | 'windowMs'): number =>
    whole(`restart.${key}`, given[key], 0, maxTimer / 2) ?? base[key];
  return {
    policy,
    jitter,
    initialDelayMs: ms('initialDelayMs'),
    maxDelayMs: ms('maxDelayMs'),
    stableMs: ms('stableMs'),
    windowMs: ms('windowMs'),
    maxRestarts: whole('restart.maxRestarts', given.maxRestarts, 0, 1_000_000) ?? base.maxRestarts,
  };
}

function liveness(value: RunnerConfig['liveness']): ResolvedConfig['liveness'] {
  if (value === undefined || value === false) return null;
  const given = value === true ? {} : value;
  expectObject('liveness', given);
  return {
    intervalMs: whole('liveness.intervalMs', given.intervalMs, 1, maxTimer) ?? defaultLiveness.intervalMs,
    failures: whole('liveness.failures', given.failures, 1, 1_000_000) ?? defaultLiveness.failures,
  };
}

function wrappers(value: RunnerConfig['wrap']): ResolvedConfig['wrap'] {
  expectObject('wrap', value ?? {});
  return { ...value };
}

function projectOptions(value: RunnerConfig['projectOptions']): ResolvedConfig['projectOptions'] {
  if (value === undefined) return [];
  if (
    !Array.isArray(value) ||
    value.some((item) => typeof item?.create !== 'function' || typeof item.key !== 'string')
  ) {
    throw wrong('projectOptions', value, 'a list of what allowOptions answers');
  }
  const keys = value.map(({ key }) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw wrong('projectOptions', twice, 'each plugin once');
  return [...value];
}

function logger(value: Logger | undefined): Logger {
  if (value === undefined) return silent;
  expectObject('logger', value);
  for (const method of ['debug', 'info', 'warn', 'error'] as const) {
    if (typeof value[method] !== 'function') throw wrong(`logger.${method}`, value[method], 'a function');
  }
  return safeLogger(value);
}
