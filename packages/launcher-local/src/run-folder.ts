import {
  closeSync,
  constants,
  fchmodSync,
  mkdirSync,
  openSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { constants as system } from 'node:os';
import { join } from 'node:path';

import type { LogStreamName, ProcessAccount, ProcessExit } from '@project-runner/core';

import { parseProcStat } from './proc-stat.ts';
import { parsePsLine } from './ps.ts';
import { readText } from './read-text.ts';

/** What a durable process leaves in its folder: `stdout` and `stderr` (spools), `pid` and `exit` (by the shim), `cgroup`, `joined` (by the shim). */
export interface RunFolder {
  readonly dir: string;
  spool(stream: LogStreamName): string;
  /** The process and its shim; `null` as long as the shim has not told. */
  readIdentity(): RunIdentity | null;
  /** Which of the control groups that it was to join it did join, before its program was started: their numbers in order. */
  readJoined(): number[];
  /** How it ended; `null` while it runs, or if the shim was killed. */
  readExit(): ProcessExit | null;
  /** When it ended and what it used by its shim's account; `null` as `readExit`. */
  readAccount(): Pick<ProcessAccount, 'endedAt' | 'cpuMs'> | null;
  /** The control group of its tree, as it was written; `null` without one. */
  readCgroup(): string | null;
  /** @throws Error of the file system */
  writeCgroup(text: string): void;
  /**
   * Makes room for what the shim writes, so that a full disk cannot keep an exit code back. The shim may be there already
   * and may have written. @throws Error of the file system
   */
  makeRoom(): void;
}

export interface RunIdentity {
  pid: number;
  startTime: string;
  /** The shim leads the session of the process. */
  shimPid: number;
}

/** Made by the shim of a process with limits. */
export const joinedFile = 'joined';

/** Room for a line of `/proc/<pid>/stat`, or of `ps`. */
const identityRoom = 1024;
const exitRoom = 128;

export function openRunFolder(dir: string): RunFolder {
  const pidFile = join(dir, 'pid');
  const exitFile = join(dir, 'exit');
  const cgroupFile = join(dir, 'cgroup');
  return {
    dir,
    spool: (stream) => join(dir, stream),
    readIdentity: () => parseIdentity(firstLine(pidFile)),
    readJoined: () => (firstLine(join(dir, joinedFile)) ?? '').split(' ').filter(Boolean).map(Number),
    readExit: () => parseExit(firstLine(exitFile)),
    readAccount: () => readAccount(exitFile),
    readCgroup: () => firstLine(cgroupFile),
    writeCgroup: (text) => writeFileSync(cgroupFile, `${text}\n`, { mode: 0o600 }),
    makeRoom() {
      makeRoomIn(pidFile, identityRoom);
      makeRoomIn(exitFile, exitRoom);
    },
  };
}

/** With the spools. @throws Error of the file system; `EEXIST` for the folder of another process */
export function createRunFolder(dir: string): RunFolder {
  const run = openRunFolder(dir);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  try {
    for (const stream of ['stdout', 'stderr'] as const) closeSync(openSync(run.spool(stream), 'ax', 0o600));
    return run;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') removeRunFolder(dir);
    throw error;
  }
}

/** What a launch has made in it, and the folder where nothing else is in it: whoever names a wrong one keeps his files. */
export function removeRunFolder(dir: string): void {
  for (const name of ['stdout', 'stderr', 'pid', 'exit', 'cgroup', joinedFile])
    rmSync(join(dir, name), { force: true });
  try {
    rmdirSync(dir);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** Only the last byte is written: what comes before it is the shim's. */
function makeRoomIn(file: string, bytes: number): void {
  const fd = openSync(file, constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    // The shim makes it as its umask says.
    fchmodSync(fd, 0o600);
    writeSync(fd, ' ', bytes - 1);
  } finally {
    closeSync(fd);
  }
}

/** `null` without a line ending: the shim has not written it wholly. */
function firstLine(file: string): string | null {
  const text = readText(file);
  const end = text?.indexOf('\n') ?? -1;
  return text === null || end === -1 ? null : text.slice(0, end);
}

function parseIdentity(line: string | null): RunIdentity | null {
  if (line === null) return null;
  const stat = parseProcStat(line) ?? parsePsLine(line);
  return stat && { pid: stat.pid, startTime: stat.startTime, shimPid: stat.parent };
}

function parseExit(line: string | null): ProcessExit | null {
  return line !== null && /^\d{1,3}$/.test(line) ? fromShellCode(Number(line)) : null;
}

function readAccount(exitFile: string): ReturnType<RunFolder['readAccount']> {
  if (parseExit(firstLine(exitFile)) === null) return null;
  const endedAt = statSync(exitFile, { throwIfNoEntry: false })?.mtimeMs ?? null;
  // The second line of `times` is about children: user and system, `0m0.012s 0m0.004s`; some languages have a comma.
  const [user, system] = (readText(exitFile)?.split('\n')[2] ?? '').split(' ').map((text) => {
    const [, minutes, seconds] = /^(\d+)m(\d+[.,]\d+)s$/.exec(text) ?? [];
    return (Number(minutes) * 60 + Number(seconds?.replace(',', '.'))) * 1000;
  });
  const cpuMs = Math.round((user ?? Number.NaN) + (system ?? Number.NaN));
  return { endedAt, cpuMs: Number.isNaN(cpuMs) ? null : cpuMs };
}

/** A shell tells death by a signal as 128 + its number, which a program could also have answered by itself. */
export function fromShellCode(code: number): ProcessExit {
  const signals = Object.entries(system.signals) as [NodeJS.Signals, number][];
  const signal = signals.find(([, number]) => number === code - 128)?.[0];
  return signal ? { code: null, signal } : { code, signal: null };
}
