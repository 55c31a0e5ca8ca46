import type { ServerLimits } from '@project-runner/core';

import { expectObject, onlyKeys, whole, wrong } from './check-value.ts';

const known = [
  'memoryMb',
  'onMemory',
  'heapMb',
  'cpus',
  'pids',
] as const satisfies readonly (keyof ServerLimits)[];

/** Checks what somebody wrote; nothing is filled in. @throws ProjectRunnerError `CONFIG_INVALID` */
export function checkLimits(key: string, value: ServerLimits | undefined): Readonly<ServerLimits> {
  if (value === undefined) return {};
  expectObject(key, value);
  onlyKeys(key, value, known);
  const { onMemory, cpus } = value;
  whole(`${key}.memoryMb`, value.memoryMb, 1, 2 ** 30);
  whole(`${key}.heapMb`, value.heapMb, 1, 2 ** 30);
  // Node alone has a dozen threads, and each counts.
  whole(`${key}.pids`, value.pids, 16, 2 ** 22);
  if (onMemory !== undefined && onMemory !== 'restart' && onMemory !== 'kill') {
    throw wrong(`${key}.onMemory`, onMemory, '"restart" or "kill"');
  }
  if (cpus !== undefined && !(typeof cpus === 'number' && cpus >= 0.01 && cpus <= 4096)) {
    throw wrong(`${key}.cpus`, cpus, 'a number of cores from 0.01 to 4096');
  }
  return value;
}

/** The later one wins, name by name. */
export function mergeLimits(...all: readonly (Readonly<ServerLimits> | undefined)[]): ServerLimits {
  const given = all.flatMap((limits) => Object.entries(limits ?? {}));
  return Object.fromEntries(given.filter(([, value]) => value !== undefined)) as ServerLimits;
}
