import { execFile, execFileSync } from 'node:child_process';
import type { ExecFileException } from 'node:child_process';

import { isLiving } from './proc-stat.ts';
import type { ProcStat } from './proc-stat.ts';
import { indexStats } from './proc-table.ts';
import type { ProcTable } from './proc-table.ts';

/** Of POSIX systems without `/proc`. By its path: `PATH` is nobody's business here. */
export const psFile = '/bin/ps';
/** One `-o` each: POSIX takes all after a `=` for the heading. */
export const psColumns: readonly string[] = ['pid', 'ppid', 'pgid', 'stat', 'lstart', 'comm'].flatMap(
  (column) => ['-o', `${column}=`],
);
/** Start times are told in words, by language and place; with `COLUMNS` lines would be cut. */
export const psEnvironment = { LC_ALL: 'C', TZ: 'UTC' } as const;

const options = { env: psEnvironment, encoding: 'utf8', timeout: 5000, maxBuffer: 64 * 1024 * 1024 } as const;
/** Looks closer together than this share one process. */
const sharedMs = 500;

/** One process, `null` when it is gone. @throws Error where `ps` cannot be run */
export function readPsStat(pid: number): ProcStat | null {
  try {
    return parsePsLine(
      execFileSync(psFile, [...psColumns, '-p', String(pid)], {
        ...options,
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    );
  } catch (error) {
    // It exits with 1 where there is no such process.
    if ((error as { status?: number | null }).status === 1) return null;
    throw error;
  }
}

/** All living processes of the machine; nobody's marker can be told. @throws Error where `ps` cannot be run */
export async function readPsTable(): Promise<ProcTable> {
  const at = performance.now();
  const text = await new Promise<string>((resolve, reject) => {
    execFile(psFile, ['-A', ...psColumns], options, (error: ExecFileException | null, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
  });
  const stats = text
    .split('\n')
    .flatMap((line) => parsePsLine(line) ?? [])
    .filter(isLiving);
  return indexStats({ at, uptimeMs: Number.NaN, pids: [], stats, markersOf: () => [] });
}

let shared: { at: number; table: Promise<ProcTable> } | null = null;

/** A table that may be half a second old, for looks that many take in turn. @throws Error where `ps` cannot be run */
export function sharedPsTable(): Promise<ProcTable> {
  const now = performance.now();
  if (!shared || now - shared.at > sharedMs) shared = { at: now, table: readPsTable() };
  return shared.table;
}

const pattern =
  /^ *(\d+) +(\d+) +(\d+) +(\S)\S* +([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}) +(.*?) *\n?$/;

/** A line of `ps` with these columns, `null` for another text. Start times are ISO 8601, to the second. */
export function parsePsLine(line: string): ProcStat | null {
  const [, pid, parent, group, state = '', started = '', command = ''] = pattern.exec(line) ?? [];
  const time = Date.parse(`${started} UTC`);
  if (pid === undefined || Number.isNaN(time)) return null;
  return {
    pid: Number(pid),
    command,
    state,
    parent: Number(parent),
    group: Number(group),
    // It is told as an address by some.
    session: -1,
    startTime: new Date(time).toISOString(),
    cpuTicks: 0,
    residentPages: 0,
  };
}
