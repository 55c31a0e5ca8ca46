import type {
  LaunchLimits,
  LimitInForce,
  ProcessExit,
  ProcessHandle,
  ServerLimits,
  ServerStatus,
} from '@project-runner/core';

import { describeExit } from '../build/describe-exit.ts';
import type { EndedRun } from './come-back.ts';

const bytesPerMb = 1024 * 1024;
/** A small server needs room to be stopped in order, too: the heap of Node grows by about 30 MB in one go. */
const minRoomMb = 64;

/**
 * What the system is asked to enforce. A server that is to be started anew is stopped in order when the runner sees too
 * much memory; the system's cap is above that, for one that grows faster than somebody looks.
 */
export function launchLimits(limits: Readonly<ServerLimits> = {}): LaunchLimits {
  const { memoryMb, onMemory, cpus, pids } = limits;
  const roomMb = onMemory === 'kill' ? 0 : Math.max((memoryMb ?? 0) / 10, minRoomMb);
  return {
    ...(memoryMb === undefined ? {} : { memoryBytes: Math.ceil(memoryMb + roomMb) * bytesPerMb }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(pids === undefined ? {} : { pids }),
  };
}

/** After the user's own options: of two heap sizes Node takes the last. */
export function withHeapLimit(
  env: Readonly<Record<string, string>>,
  { heapMb }: Readonly<ServerLimits>,
): Record<string, string> {
  if (heapMb === undefined) return { ...env };
  const options = [env.NODE_OPTIONS, `--max-old-space-size=${heapMb}`];
  return { ...env, NODE_OPTIONS: options.filter(Boolean).join(' ') };
}

/** Which of a server's limits hold, and by what; `handle`: `null` while it does not run. */
export function limitsInForce(
  limits: Readonly<ServerLimits> | undefined,
  handle: Pick<ProcessHandle, 'enforced'> | null,
): ServerStatus['limits'] {
  const { memoryMb, heapMb, cpus, pids } = limits ?? {};
  const bySystem = (limit: keyof LaunchLimits): string[] => handle?.enforced?.[limit]?.split(' ') ?? [];
  const limit = (value: number | undefined, by: readonly string[]): LimitInForce | null =>
    value === undefined ? null : { value, by: handle && by };
  const all = {
    memoryMb: limit(memoryMb, ['watch', ...bySystem('memoryBytes')]),
    heapMb: limit(heapMb, ['node']),
    cpus: limit(cpus, bySystem('cpus')),
    pids: limit(pids, bySystem('pids')),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}

/** Why a run that ended by itself is over, and whether for good. */
export function whyItEnded(
  exit: ProcessExit,
  handle: Pick<ProcessHandle, 'outOfMemory'>,
  limits: Readonly<ServerLimits> = {},
): Pick<EndedRun, 'reason' | 'isFinal'> {
  const reason = `it ended with ${describeExit(exit)}`;
  // The kernel may have killed a child at some time, and the server ended by itself later.
  const wasKilled = exit.signal === 'SIGKILL' || exit.code === 137;
  if (!wasKilled || limits.memoryMb === undefined || !handle.outOfMemory?.()) {
    return { reason, isFinal: false };
  }
  return {
    reason: `${reason}, because it needed more memory than its limit of ${limits.memoryMb} MB`,
    isFinal: limits.onMemory === 'kill',
  };
}
