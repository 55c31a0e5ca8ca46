import { setTimeout as delay } from 'node:timers/promises';

import type { ResourceUsage } from '@project-runner/core';
import { createUsageSampler, readProcessRef } from '@project-runner/launcher-local';
import type { UsageSampler } from '@project-runner/launcher-local';

import { toResourceUsage } from '../server/measure-server.ts';

/** CPU is measured between two samples, so a sampler lives from the first look at a pid to its clean-up. */
interface Watch {
  sampler: UsageSampler;
  sampledAt: number;
  /** Looks at the same time share one. */
  looking?: Promise<ResourceUsage>;
}

const none: ResourceUsage = { memoryUsageMb: null, cpuPercent: null };

/**
 * The kernel counts CPU time in hundredths of a second: over a shorter time its numbers are noise. And a bit more than
 * the tenth of a second for which samplers share a look.
 */
const shortestMs = 125;

const watches = new Map<number, Watch>();

/**
 * Memory and CPU of a process and its descendants; two nulls for one that is gone. CPU is that since the last look. The
 * first look at a process measures for an eighth of a second.
 */
export async function getProcessResourceUsage(pid: number): Promise<ResourceUsage> {
  if (!Number.isInteger(pid) || pid <= 0) return none;
  const watch = watches.get(pid) ?? startWatch(pid);
  watch.looking ??= look(pid, watch).finally(() => delete watch.looking);
  return watch.looking;
}

/** Forgets the samples of a process; without a pid, of all. */
export function cleanupResourceMonitor(pid?: number): void {
  if (pid === undefined) watches.clear();
  else watches.delete(pid);
}

function startWatch(pid: number): Watch {
  const startedAt = performance.now();
  const sampler = createUsageSampler({
    id: `pid-${pid}`,
    ref: readProcessRef(pid),
    changedAt: () => startedAt,
  });
  const watch = { sampler, sampledAt: Number.NEGATIVE_INFINITY };
  watches.set(pid, watch);
  return watch;
}

async function look(pid: number, watch: Watch): Promise<ResourceUsage> {
  // What was used before the first look was used over a time that is not known here.
  const isThere = watch.sampledAt >= 0 || (await sample(watch)) !== null;
  if (isThere) await delay(Math.max(0, watch.sampledAt + shortestMs - performance.now()));
  const usage = isThere ? await sample(watch) : null;
  if (usage) return toResourceUsage(usage);
  if (watches.get(pid) === watch) watches.delete(pid);
  return none;
}

function sample(watch: Watch): ReturnType<UsageSampler['sample']> {
  watch.sampledAt = performance.now();
  return watch.sampler.sample();
}
