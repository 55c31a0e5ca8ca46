import type { Logger } from '@project-runner/core';

import type { ProjectConfig } from './project-config.ts';
import type { RuntimeCommand } from './runtime-bin.ts';
import { deriveRuntimeToken, webhookTokenId } from './runtime-tokens.ts';
import { spawnConfigProblem } from './spawn-config.ts';
import type { SpawnConfig } from './spawn-config.ts';

export interface PlanSpawnOptions {
  /** `null`: each project says itself what is run. */
  runtime: ((project: { projectId: string; dir: string }) => Promise<RuntimeCommand>) | null;
  enrich: ((projectId: string, base: SpawnConfig) => SpawnConfig | Promise<SpawnConfig>) | null;
  /** Of one call of `enrich`, in ms. */
  enrichTimeoutMs: number;
  logger: Logger;
}

/** How a project is started now; asked before each start. @throws as `runtime` does */
export async function planSpawn(
  projectId: string,
  config: ProjectConfig,
  options: PlanSpawnOptions,
): Promise<SpawnConfig> {
  const base = await baseConfig(projectId, config, options);
  if (!options.enrich) return base;
  try {
    // What a call that fails halfway did to its base must not be used.
    const enriched = await within(options.enrich(projectId, structuredClone(base)), options.enrichTimeoutMs);
    const problem = spawnConfigProblem(enriched);
    if (problem !== null) throw new TypeError(problem);
    return enriched;
  } catch (error) {
    options.logger.warn(
      `enrichSpawnConfig failed for project ${projectId}; it is started without what that adds`,
      error,
    );
    return base;
  }
}

async function baseConfig(
  projectId: string,
  { dir, command, env, secrets }: ProjectConfig,
  { runtime }: PlanSpawnOptions,
): Promise<SpawnConfig> {
  const run: RuntimeCommand | undefined = command ?? (await runtime?.({ projectId, dir }));
  if (!run) {
    throw new TypeError(
      `Project ${projectId} has no command: give it one, or give the activator spawnCommand`,
    );
  }
  return {
    file: run.file,
    args: [...(run.args ?? [])],
    cwd: dir,
    // What tells a server who it is comes last, so that nothing of the project can say otherwise.
    env: { ...run.env, ...env, PROJECT_ID: projectId, PROJECT_DIR: dir },
    secrets: {
      ...without(secrets, ['PROJECT_ID', 'PROJECT_DIR']),
      RUNTIME_AUTH_SECRET: deriveRuntimeToken(projectId),
      WEBHOOK_TOKEN: deriveRuntimeToken(webhookTokenId(projectId)),
    },
  };
}

function without(
  variables: Readonly<Record<string, string>> = {},
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !names.includes(name)));
}

async function within<T>(value: T | Promise<T>, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`it did not answer within ${ms} ms`)), ms).unref();
  try {
    return await Promise.race([value, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
