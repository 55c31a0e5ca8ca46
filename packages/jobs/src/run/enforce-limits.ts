import { execFile } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { basename } from 'node:path';

import type { LaunchLimits, ProcessHandle } from '@project-runner/core';

import type { JobLimitInForce, JobResult } from '../job-result.ts';
import type { ResolvedJobSpec } from '../job-spec.ts';

/** What the launcher is asked to enforce. */
export function launchLimits({ limits: { cpus, memoryBytes } }: ResolvedJobSpec): LaunchLimits {
  return { ...(cpus === undefined ? {} : { cpus }), ...(memoryBytes === undefined ? {} : { memoryBytes }) };
}

/**
 * Beyond the limit, for `prlimit`: it counts what a process may write to and not what it has written to, which is half a
 * gigabyte for an idle Node. It is there for one that grows faster than anybody looks.
 */
const dataRoomBytes = 1024 ** 3;

/** Does by other means what the launcher could not, and tells who sees to what. */
export async function enforceLimits(
  { limits, argv: [file] }: ResolvedJobSpec,
  handle: Pick<ProcessHandle, 'ref' | 'enforced' | 'exit'>,
): Promise<JobResult['limits']> {
  const { cpus, memoryBytes, timeSeconds } = limits;
  const inForce: Partial<Record<keyof typeof limits, JobLimitInForce>> = {};
  if (memoryBytes !== undefined) {
    const byNode = isNode(file) ? ['node'] : [];
    const bySystem = handle.enforced?.memoryBytes ?? null;
    const by = bySystem === null ? ['watch', ...(await limitData(handle, memoryBytes))] : [bySystem];
    inForce.memoryBytes = { value: memoryBytes, by: [...by, ...byNode] };
  }
  if (cpus !== undefined)
    inForce.cpus = { value: cpus, by: [handle.enforced?.cpus ?? beNice(handle)].flat() };
  if (timeSeconds !== undefined) inForce.timeSeconds = { value: timeSeconds, by: ['deadline'] };
  return inForce;
}

function isNode(file: string): boolean {
  return ['node', basename(process.execPath)].includes(basename(file));
}

/** For others to go first. What it has started before this is as it was. */
function beNice({ ref, exit }: Pick<ProcessHandle, 'ref' | 'exit'>): string[] {
  if (exit() !== null) return [];
  try {
    setPriority(ref.pid, constants.priority.PRIORITY_LOW);
    return ['nice'];
  } catch {
    // It has ended, or a system without priorities.
    return [];
  }
}

function limitData(
  { ref, exit }: Pick<ProcessHandle, 'ref' | 'exit'>,
  memoryBytes: number,
): Promise<string[]> {
  if (process.platform !== 'linux' || exit() !== null) return Promise.resolve([]);
  const args = ['--pid', String(ref.pid), `--data=${memoryBytes + dataRoomBytes}`];
  return new Promise((resolve) => {
    execFile('prlimit', args, { env: { PATH: process.env.PATH } }, (error) =>
      resolve(error ? [] : ['prlimit']),
    );
  });
}
