import type { ResourceUsage } from '@project-runner/core';
import { createUsageSampler, findTree, readProcessRef } from '@project-runner/launcher-local';
import type { UsageSampler } from '@project-runner/launcher-local';

import { toResourceUsage } from '../server/measure-server.ts';

const none: ResourceUsage = { memoryUsageMb: null, cpuPercent: null };

/** CPU is measured between two samples, so a sampler lives from the first look at a pid to its clean-up. */
const samplers = new Map<number, UsageSampler>();

/** Memory and CPU of a process and its descendants; two nulls for one that is gone. */
export async function getProcessResourceUsage(pid: number): Promise<ResourceUsage> {
  const sampler = samplers.get(pid) ?? createSampler(pid);
  samplers.set(pid, sampler);
  const usage = await sampler.sample();
  if (usage) return toResourceUsage(usage);
  samplers.delete(pid);
  return none;
}

/** Forgets the samples of a process; without a pid, of all. */
export function cleanupResourceMonitor(pid?: number): void {
  if (pid === undefined) samplers.clear();
  else samplers.delete(pid);
}

function createSampler(pid: number): UsageSampler {
  const ref = readProcessRef(pid);
  return createUsageSampler(pid, () => findTree(`pid-${pid}`, ref));
}
