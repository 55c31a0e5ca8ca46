import type { ProcessRef, TreeUsage } from '@project-runner/core';
import pidusage from 'pidusage';

import { hasProc } from './has-proc.ts';
import type { ProcStat } from './proc-stat.ts';
import { sharedProcTable, startMs, ticksPerSecond } from './proc-table.ts';
import type { ProcTable } from './proc-table.ts';
import { isStillSame } from './process-ref.ts';
import { findTree } from './process-tree.ts';

/** A constant on every Linux that Node has builds for with 4 KiB pages. */
const pageBytes = 4096;
/** The kernel counts CPU in hundredths of a second: over a shorter time than this they say little. */
const shortestMs = 100;

/** Samples one tree; CPU is what was used since the last sample, so each watcher of a tree needs its own. */
export interface UsageSampler {
  /** `null` when the tree is gone. */
  sample(): Promise<TreeUsage | null>;
}

export interface UsageSamplerOptions {
  id: string;
  ref: ProcessRef;
  /** Leads the session and the group of the tree. @default ref */
  leader?: ProcessRef;
  /** When the tree was last known to change, by `performance.now()`: a look from before does not tell. */
  changedAt?(): number;
}

/** Samplers that are asked within a tenth of a second share one look at the machine's processes. */
export function createUsageSampler(options: UsageSamplerOptions): UsageSampler {
  return hasProc ? procSampler(options) : portableSampler(options.ref);
}

/** CPU of each process at a sample, to count from at the next one. */
interface Baseline {
  at: number;
  ticks: ReadonlyMap<string, number>;
}

function procSampler({ id, ref, leader = ref, changedAt }: UsageSamplerOptions): UsageSampler {
  let base: Baseline | null = null;
  let last: { table: ProcTable; usage: TreeUsage | null } | null = null;
  const look = (table: ProcTable): TreeUsage | null => {
    const living = findTree(id, leader, table);
    if (living.length === 0) return null;
    const cpuPercent = cpuSince(base, living, table);
    if (!base || table.at - base.at >= shortestMs) {
      base = { at: table.at, ticks: new Map(living.map((stat) => [keyOf(stat), stat.cpuTicks])) };
    }
    const pages = living.reduce((sum, stat) => sum + stat.residentPages, 0);
    return { memoryBytes: pages * pageBytes, cpuPercent };
  };
  return {
    sample: async () => {
      const table = sharedProcTable(changedAt?.() ?? Number.NEGATIVE_INFINITY);
      if (last?.table !== table) last = { table, usage: look(table) };
      return last.usage;
    },
  };
}

/**
 * Percent of a core. What a process used before anybody looked was used over its whole life, so it counts over that: the
 * first sample of a tree tells the average of the tree's life.
 */
function cpuSince(base: Baseline | null, living: readonly ProcStat[], table: ProcTable): number {
  const ages = new Map(living.map((stat) => [stat, table.uptimeMs - startMs(stat)]));
  const windowMs = base ? table.at - base.at : Math.max(...ages.values());
  return living.reduce((sum, stat) => {
    const before = base?.ticks.get(keyOf(stat));
    const ageMs = ages.get(stat) ?? 0;
    // In some containers the clock is the container's, and start times are the machine's.
    if (before === undefined && !(ageMs >= 0)) return sum;
    const overMs = Math.max(windowMs, before === undefined ? ageMs : 0, shortestMs);
    const usedMs = ((stat.cpuTicks - (before ?? 0)) / ticksPerSecond) * 1000;
    return sum + (usedMs / overMs) * 100;
  }, 0);
}

function keyOf({ pid, startTime }: ProcStat): string {
  return `${pid}:${startTime}`;
}

/** The root process only: without `/proc` its descendants are not known cheaply. */
function portableSampler(ref: ProcessRef): UsageSampler {
  return {
    sample: async () => {
      if (ref.startTime !== null && !(await isStillSame(ref))) return null;
      try {
        const { memory, cpu } = await pidusage(ref.pid);
        return { memoryBytes: memory, cpuPercent: cpu };
      } catch {
        // pidusage rejects for a process that is gone.
        return null;
      }
    },
  };
}
