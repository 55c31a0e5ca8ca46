import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { basename } from 'node:path';

import type { LaunchLimits, ProcessHandle } from '@project-runner/core';

import type { JobResult } from '../job-result.ts';
import type { ResolvedJobSpec } from '../job-spec.ts';
import type { RunFiles } from '../store/run-files.ts';
import type { RunRecord } from '../store/run-record.ts';
import { isHeapLimited } from './heap-limit.ts';
import { runningPid } from './is-running.ts';

/** What the launcher is asked to enforce. */
export function launchLimits({ limits: { cpus, memoryBytes } }: ResolvedJobSpec): LaunchLimits {
  return { ...(cpus === undefined ? {} : { cpus }), ...(memoryBytes === undefined ? {} : { memoryBytes }) };
}

/**
 * Beyond the limit, for `prlimit`: it counts what a process may write to and not what it has written to, which is half a
 * gigabyte for an idle Node. It is there for one that grows faster than anybody looks.
 */
const dataRoomBytes = 1024 ** 3;

export interface LimitedAttempt {
  record: RunRecord;
  files: RunFiles;
  number: number;
  handle: Pick<ProcessHandle, 'ref' | 'enforced' | 'exit'>;
  /** Somebody kept deadline and memory in view until its end: it was just started, or found alive. */
  isAttended: boolean;
}

/** Names by limit, of what was done to the process: it holds whoever looks after it later. */
type Means = Readonly<Record<'memoryBytes' | 'cpus', readonly string[]>>;

/** Does by other means what the launcher could not, and tells who sees to what. */
export async function enforceLimits(attempt: LimitedAttempt): Promise<JobResult['limits']> {
  const { record, handle, isAttended } = attempt;
  const { cpus, memoryBytes, timeSeconds } = record.spec.limits;
  if (cpus === undefined && memoryBytes === undefined && timeSeconds === undefined) return {};
  const means = await meansFor(attempt);
  const { enforced = {} } = handle;
  const byLooks = enforced.memoryBytes === undefined && isAttended ? ['watch'] : [];
  const bySystem = (limit: keyof Means): string[] => [enforced[limit] ?? []].flat();
  const byMeans = (limit: keyof Means): readonly string[] => means[limit];
  return {
    ...(memoryBytes === undefined
      ? {}
      : {
          memoryBytes: {
            value: memoryBytes,
            by: [...bySystem('memoryBytes'), ...byLooks, ...byMeans('memoryBytes')],
          },
        }),
    ...(cpus === undefined ? {} : { cpus: { value: cpus, by: [...bySystem('cpus'), ...byMeans('cpus')] } }),
    ...(timeSeconds === undefined
      ? {}
      : { timeSeconds: { value: timeSeconds, by: isAttended ? ['deadline'] : [] } }),
  };
}

const none: Means = { memoryBytes: [], cpus: [] };

/** Of an earlier owner, as it told; else of this process. */
async function meansFor(attempt: LimitedAttempt): Promise<Means> {
  const file = attempt.files.limits(attempt.number);
  const kept = read(file);
  if (kept) return kept;
  const means = await applyMeans(attempt);
  if (Object.values(means).flat().length === 0) return none;
  try {
    writeFileSync(file, JSON.stringify(means), { mode: 0o600 });
  } catch {
    // A full disk: whoever comes after this process names less.
  }
  return means;
}

async function applyMeans({ record, files, number, handle }: LimitedAttempt): Promise<Means> {
  const { limits, argv } = record.spec;
  // The number of a process that has ended may be a stranger's by now.
  const isThere = (): boolean => handle.exit() === null && isRunning(record, files, number);
  const { enforced = {}, ref } = handle;
  const wants = (limit: keyof Means): boolean => limits[limit] !== undefined && !enforced[limit];
  const byNode = isNode(argv[0]) && isHeapLimited(record.secret?.env ?? {}, record.spec) ? ['node'] : [];
  const { memoryBytes } = limits;
  const limited = wants('memoryBytes') && isThere() ? await limitData(ref.pid, memoryBytes ?? Infinity) : [];
  return {
    memoryBytes: memoryBytes === undefined ? [] : [...limited, ...byNode],
    cpus: wants('cpus') && isThere() ? beNice(ref.pid) : [],
  };
}

function isRunning(record: RunRecord, files: RunFiles, number: number): boolean {
  try {
    return runningPid(record, files, number) !== null;
  } catch {
    // No file can be opened any more. What a limit is kept by is not worth the job, nor its host.
    return false;
  }
}

function read(file: string): Means | null {
  try {
    return { ...none, ...(JSON.parse(readFileSync(file, 'utf8')) as Partial<Means>) };
  } catch {
    // Not there, or cut off by a full disk.
    return null;
  }
}

function isNode(file: string): boolean {
  return ['node', basename(process.execPath)].includes(basename(file));
}

/** For others to go first. What it has started before this is as it was. */
function beNice(pid: number): string[] {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
    return ['nice'];
  } catch {
    // It has ended, or a system without priorities.
    return [];
  }
}

function limitData(pid: number, memoryBytes: number): Promise<string[]> {
  if (process.platform !== 'linux') return Promise.resolve([]);
  const args = ['--pid', String(pid), `--data=${memoryBytes + dataRoomBytes}`];
  const limited = new Promise<string[]>((resolve) => {
    execFile('prlimit', args, { env: { PATH: process.env.PATH } }, (error) =>
      resolve(error ? [] : ['prlimit']),
    );
  });
  // Without memory for another process `execFile` throws.
  return limited.catch(() => []);
}
