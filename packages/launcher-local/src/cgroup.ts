import { readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { LaunchLimits } from '@project-runner/core';

import { groupPrefix } from './cgroup-bases.ts';
import { cgroupSettings } from './cgroup-settings.ts';
import { readText } from './read-text.ts';

/** One folder of a group: v1 has a hierarchy for each controller. */
export interface CgroupPart {
  dir: string;
  version: 1 | 2;
  limits: readonly (keyof LaunchLimits)[];
}

/** The control group of one tree: nothing that comes from the tree can leave it. */
export interface Cgroup {
  readonly parts: readonly CgroupPart[];
  /** The limits that hold for a process that has joined these of the parts. */
  enforcedBy(joined: readonly number[]): Partial<Record<keyof LaunchLimits, string>>;
  /** Pids of its processes. */
  members(): number[];
  /** SIGKILL to all of it at once, however fast it forks; only the unified hierarchy can. */
  kill(): void;
  outOfMemory(): boolean;
  /** The most memory that it had at a time, in bytes; `null` where nothing keeps count. */
  peakMemory(): number | null;
  /** Once it is empty. One attempt, or with `patience`, which the end of processes may need. */
  remove(patience?: 'patience'): Promise<void>;
}

/** How long processes may take to leave after their end. */
const patienceMs = 500;

export function openCgroup(parts: readonly CgroupPart[]): Cgroup {
  return {
    parts,
    enforcedBy(joined) {
      const held = parts.filter((_, index) => joined.includes(index));
      return Object.fromEntries(
        held.flatMap(({ limits, version }) => limits.map((limit) => [limit, `cgroup-v${version}`])),
      );
    },
    members: () => [...new Set(parts.flatMap(pidsIn))],
    kill() {
      const unified = parts.find((part) => part.version === 2);
      try {
        if (unified) writeFileSync(join(unified.dir, 'cgroup.kill'), '1', { flag: 'r+' });
      } catch {
        // Linux before 5.14 has no such file; then each process is killed by itself.
      }
    },
    outOfMemory: () => parts.some(hasKilled),
    peakMemory: () => parts.map(peakOf).find((peak) => peak !== null) ?? null,
    async remove(patience) {
      const end = performance.now() + (patience ? patienceMs : 0);
      for (
        let pause = 1;
        !parts.map((part) => removeGroup(part.dir)).every(Boolean);
        pause = Math.min(pause * 2, 50)
      ) {
        if (performance.now() >= end) return;
        await delay(pause);
      }
    },
  };
}

/**
 * The group that a run folder tells of. What is written there is not simply believed: the folder may be damaged, and all
 * that is in a group can be killed by its name.
 */
export function parseCgroup(text: string | null, id: string): Cgroup | null {
  try {
    const parts = JSON.parse(text ?? 'null') as CgroupPart[] | null;
    const isWhole = parts?.every(
      (part) =>
        basename(part.dir) === groupName(id) &&
        (part.version === 1 || part.version === 2) &&
        Array.isArray(part.limits),
    );
    return parts && isWhole ? openCgroup(parts) : null;
  } catch {
    return null;
  }
}

/** `null` for an id that is no name of a folder. */
export function groupName(id: string): string | null {
  return /^[\w.-]{1,200}$/.test(id) ? `${groupPrefix}${id}` : null;
}

/** With the groups that the tree itself made below it; `true` when it is gone. */
export function removeGroup(dir: string): boolean {
  try {
    const inside = groupsBelow(dir);
    if ([dir, ...inside].some((group) => readText(join(group, 'cgroup.procs')) !== '')) return false;
    for (const group of [...inside.toReversed(), dir]) rmdirSync(group);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** Outer ones first. */
function groupsBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

function pidsIn({ dir }: CgroupPart): number[] {
  return (readText(join(dir, 'cgroup.procs')) ?? '').split('\n').filter(Boolean).map(Number);
}

/** Since Linux 5.19 in the unified hierarchy. */
function peakOf({ dir, version, limits }: CgroupPart): number | null {
  if (!limits.includes('memoryBytes')) return null;
  const text = readText(join(dir, version === 2 ? 'memory.peak' : 'memory.max_usage_in_bytes'));
  return text !== null && /^\d+\n$/.test(text) ? Number(text) : null;
}

function hasKilled({ dir, version, limits }: CgroupPart): boolean {
  return cgroupSettings.some(({ limit, kills }) => {
    if (!kills || !limits.includes(limit)) return false;
    const text = readText(join(dir, version === 2 ? kills.v2 : kills.v1)) ?? '';
    return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0) > 0;
  });
}
