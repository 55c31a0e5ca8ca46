import type { LaunchLimits } from '@project-runner/core';

import type { CgroupController } from './cgroup-bases.ts';

type Setting = readonly [file: string, value: string];

interface CgroupSetting {
  limit: keyof LaunchLimits;
  controller: CgroupController;
  /** Without these there is no limit. */
  v1(value: number): readonly Setting[];
  v2(value: number): readonly Setting[];
  /** These make it better where the kernel has them. */
  v1More?(value: number): readonly Setting[];
  v2More?(value: number): readonly Setting[];
  /** Tells in a line `oom_kill <times>` whether the limit killed. */
  kills?: { v1: string; v2: string };
}

/** Of a share of CPU, in µs: what the kernel and everybody else takes. */
const periodUs = 100_000;

/** How each limit is said to the kernel. */
export const cgroupSettings = [
  {
    limit: 'memoryBytes',
    controller: 'memory',
    v1: (value) => [['memory.limit_in_bytes', String(value)]],
    v2: (value) => [['memory.max', String(value)]],
    // A limit that only moves memory into swap slows the whole machine down.
    v1More: (value) => [['memory.memsw.limit_in_bytes', String(value)]],
    v2More: () => [
      ['memory.swap.max', '0'],
      ['memory.oom.group', '1'],
    ],
    kills: { v1: 'memory.oom_control', v2: 'memory.events' },
  },
  {
    limit: 'cpus',
    controller: 'cpu',
    v1: (value) => [
      ['cpu.cfs_period_us', String(periodUs)],
      ['cpu.cfs_quota_us', String(Math.round(value * periodUs))],
    ],
    v2: (value) => [['cpu.max', `${Math.round(value * periodUs)} ${periodUs}`]],
  },
  {
    limit: 'pids',
    controller: 'pids',
    v1: (value) => [['pids.max', String(value)]],
    v2: (value) => [['pids.max', String(value)]],
  },
] as const satisfies readonly CgroupSetting[] as readonly CgroupSetting[];
