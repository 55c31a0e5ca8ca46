import type { ProcessHandle, ResourceUsage, TreeUsage } from '@project-runner/core';

/** Memory and CPU of a server's whole tree. Two nulls for a server that is gone. */
export async function measureServer(handle: ProcessHandle | null): Promise<ResourceUsage> {
  const usage = await handle?.usage();
  return usage ? toResourceUsage(usage) : { memoryUsageMb: null, cpuPercent: null };
}

/** Whole MB, percent of one core with two decimals. */
export function toResourceUsage(usage: TreeUsage): ResourceUsage {
  return {
    memoryUsageMb: Math.round(usage.memoryBytes / 1024 / 1024),
    cpuPercent: Math.round(usage.cpuPercent * 100) / 100,
  };
}
