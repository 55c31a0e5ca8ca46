import type { TreeUsage } from '@project-runner/core';
import pidusage from 'pidusage';

import { hasProc } from './has-proc.ts';
import type { ProcStat } from './proc-stat.ts';

/** `sysconf(_SC_CLK_TCK)` and the page size: constants on every Linux that Node has builds for with 4 KiB pages. */
const ticksPerSecond = 100;
const pageBytes = 4096;

/** Samples one tree; CPU is what was used since the last sample, so each watcher of a tree needs its own. */
export interface UsageSampler {
  /** `null` when the tree is gone. */
  sample(): Promise<TreeUsage | null>;
}

export function createUsageSampler(pid: number, members: () => ProcStat[]): UsageSampler {
  return hasProc ? procSampler(members) : portableSampler(pid);
}

function procSampler(members: () => ProcStat[]): UsageSampler {
  let lastAt = performance.now();
  let lastTicks = new Map<string, number>();
  return {
    sample: () => {
      const living = members();
      if (living.length === 0) return Promise.resolve(null);
      const now = performance.now();
      const ticks = new Map(living.map((stat) => [`${stat.pid}:${stat.startTime}`, stat.cpuTicks]));
      let used = 0;
      for (const [key, count] of ticks) used += count - (lastTicks.get(key) ?? 0);
      const seconds = Math.max(now - lastAt, 1) / 1000;
      lastAt = now;
      lastTicks = ticks;
      const pages = living.reduce((sum, stat) => sum + stat.residentPages, 0);
      return Promise.resolve({
        memoryBytes: pages * pageBytes,
        cpuPercent: (used / ticksPerSecond / seconds) * 100,
      });
    },
  };
}

/** The root process only: without `/proc` its descendants are not known cheaply. */
function portableSampler(pid: number): UsageSampler {
  return {
    sample: async () => {
      try {
        const { memory, cpu } = await pidusage(pid);
        return { memoryBytes: memory, cpuPercent: cpu };
      } catch {
        // pidusage rejects for a process that is gone.
        return null;
      }
    },
  };
}
