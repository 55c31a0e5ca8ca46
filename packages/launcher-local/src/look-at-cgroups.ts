import type { LaunchLimits } from '@project-runner/core';

import { lookForCgroupBases } from './cgroup-bases.ts';
import type { CgroupBases } from './cgroup-bases.ts';
import { cgroupSettings } from './cgroup-settings.ts';

/** What control groups can do for processes that are started here. */
export interface CgroupSupport {
  /** The best hierarchy in which groups can be made. */
  rung: 'cgroup-v2' | 'cgroup-v1' | 'none';
  /** By which each limit would be enforced; `null`: not by the system. */
  limits: Readonly<Record<keyof LaunchLimits, 'cgroup-v2' | 'cgroup-v1' | null>>;
  /** A tree can be killed at once, however fast it forks. */
  canKill: boolean;
}

/** Looks as a launch with limits does, and switches nothing on: what is allowed is taken to work. */
export function lookAtCgroups({ v2, v1 }: CgroupBases = lookForCgroupBases()): CgroupSupport {
  const limits = Object.fromEntries(
    cgroupSettings.map(({ limit, controller }) => {
      if (v2?.controllers.includes(controller)) return [limit, 'cgroup-v2'];
      return [limit, v1[controller] === undefined ? null : 'cgroup-v1'];
    }),
  ) as CgroupSupport['limits'];
  const hasV1 = Object.keys(v1).length > 0;
  return { rung: v2 ? 'cgroup-v2' : hasV1 ? 'cgroup-v1' : 'none', limits, canKill: v2 !== null };
}
