import { closeSync, openSync, readdirSync, readSync } from 'node:fs';

import { cannotTell } from './cannot-tell.ts';
import { readText } from './read-text.ts';

/** What `/proc/<pid>/stat` tells of a process. */
export interface ProcStat {
  pid: number;
  command: string;
  /** `Z` is a zombie: dead, and not yet waited for. */
  state: string;
  parent: number;
  group: number;
  session: number;
  /** Clock ticks of CPU, user and system. */
  cpuTicks: number;
  /** Clock ticks after boot. */
  startTime: string;
  /** Resident pages. */
  residentPages: number;
}

/** One process, `null` when it is gone. @throws Error of the file system where that cannot be told */
export function readProcStat(pid: number): ProcStat | null {
  const text = readStatLine(pid);
  return text === null ? null : parseProcStat(text);
}

/** A line of proc_pid_stat(5), `null` for another text. */
export function parseProcStat(text: string): ProcStat | null {
  // The command may hold spaces and parentheses: the last `)` ends it.
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ', 22);
  const pid = Number.parseInt(text, 10);
  if (end === -1 || fields.length < 22 || !(pid > 0)) return null;
  const field = (number: number): string => fields[number - 3] ?? '0';
  return {
    pid,
    command: text.slice(text.indexOf('(') + 1, end),
    state: field(3),
    parent: Number(field(4)),
    group: Number(field(5)),
    session: Number(field(6)),
    cpuTicks: Number(field(14)) + Number(field(15)),
    startTime: field(22),
    residentPages: Number(field(24)),
  };
}

/** The numbers of all processes of the machine. */
export function listPids(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
}

export function isLiving(stat: ProcStat): boolean {
  return stat.state !== 'Z' && stat.state !== 'X';
}

/** More than a line of `/proc/<pid>/stat` can have. */
const scratch = Buffer.allocUnsafeSlow(2048);

/** One read into a buffer that is there already: hundreds of these files are read at a time. */
function readStatLine(pid: number): string | null {
  let file: number;
  try {
    file = openSync(`/proc/${pid}/stat`, 'r');
  } catch (error) {
    if (cannotTell(error)) throw error;
    return null;
  }
  try {
    return scratch.toString('utf8', 0, readSync(file, scratch));
  } catch {
    // It went between the two calls.
    return null;
  } finally {
    closeSync(file);
  }
}

/** The text of a file below `/proc`, `null` when its process is gone or is not ours to read. */
export function readProcFile(path: string): string | null {
  return readText(`/proc/${path}`);
}
