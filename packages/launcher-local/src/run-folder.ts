import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';

import type { LogStreamName, ProcessExit } from '@project-runner/core';

import { parseProcStat } from './proc-stat.ts';
import { readText } from './read-text.ts';

/** What a durable process leaves in its folder: `stdout` and `stderr` (spools), `pid` and `exit` (by the shim), `cgroup`. */
export interface RunFolder {
  readonly dir: string;
  spool(stream: LogStreamName): string;
  /** The process and its shim; `null` as long as the shim has not told. */
  readIdentity(): RunIdentity | null;
  /** How it ended; `null` while it runs, or if the shim was killed. */
  readExit(): ProcessExit | null;
  /** The control group of its tree, as it was written; `null` without one. */
  readCgroup(): string | null;
  /** @throws Error of the file system */
  writeCgroup(text: string): void;
}

export interface RunIdentity {
  pid: number;
  /** `null` where the platform does not tell. */
  startTime: string | null;
  /** The shim leads the session of the process; `null` where the platform does not tell. */
  shimPid: number | null;
}

/** Room for a line of `/proc/<pid>/stat`. */
const identityRoom = 1024;
const exitRoom = 16;

export function openRunFolder(dir: string): RunFolder {
  const pidFile = join(dir, 'pid');
  const exitFile = join(dir, 'exit');
  const cgroupFile = join(dir, 'cgroup');
  return {
    dir,
    spool: (stream) => join(dir, stream),
    readIdentity: () => parseIdentity(firstLine(pidFile)),
    readExit: () => parseExit(firstLine(exitFile)),
    readCgroup: () => firstLine(cgroupFile),
    writeCgroup: (text) => writeFileSync(cgroupFile, `${text}\n`, { mode: 0o600 }),
  };
}

/** @throws Error of the file system */
export function createRunFolder(dir: string): RunFolder {
  const run = openRunFolder(dir);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, 'pid'), ' '.repeat(identityRoom), { mode: 0o600 });
  writeFileSync(join(dir, 'exit'), ' '.repeat(exitRoom), { mode: 0o600 });
  for (const stream of ['stdout', 'stderr'] as const) {
    closeSync(openSync(run.spool(stream), 'a', 0o600));
  }
  return run;
}

/** `null` without a line ending: the shim has not written it wholly. */
function firstLine(file: string): string | null {
  const text = readText(file);
  const end = text?.indexOf('\n') ?? -1;
  return text === null || end === -1 ? null : text.slice(0, end);
}

function parseIdentity(line: string | null): RunIdentity | null {
  if (line === null) return null;
  if (/^\d+$/.test(line)) return { pid: Number(line), startTime: null, shimPid: null };
  const stat = parseProcStat(line);
  return stat && { pid: stat.pid, startTime: stat.startTime, shimPid: stat.parent };
}

function parseExit(line: string | null): ProcessExit | null {
  return line !== null && /^\d{1,3}$/.test(line) ? fromShellCode(Number(line)) : null;
}

/** A shell tells death by a signal as 128 + its number, which a program could also have answered by itself. */
export function fromShellCode(code: number): ProcessExit {
  const signals = Object.entries(constants.signals) as [NodeJS.Signals, number][];
  const signal = signals.find(([, number]) => number === code - 128)?.[0];
  return signal ? { code: null, signal } : { code, signal: null };
}
