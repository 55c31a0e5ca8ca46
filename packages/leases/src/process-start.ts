import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** How a platform tells when a process was started, and which start of the machine this is; `null`: not at all, or gone. */
export interface ProcessStart {
  startTime(pid: number): string | null;
  bootId(): string | null;
}

/** Field 22 of proc_pid_stat(5), counted after the command, which may hold spaces; `null` for a zombie. */
export const byProc: ProcessStart = {
  startTime(pid) {
    const text = readText(`/proc/${pid}/stat`);
    const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields === undefined || fields[0] === 'Z' ? null : (fields[19] ?? null);
  },
  bootId: () => readText('/proc/sys/kernel/random/boot_id')?.trim() ?? null,
};

/** For POSIX systems without `/proc`, to the second. */
export const byPs: ProcessStart = {
  startTime(pid) {
    const line = run('/bin/ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)])?.trim();
    return line === undefined || line.startsWith('Z') ? null : line.replace(/^\S+\s+/, '') || null;
  },
  bootId: () => run('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'])?.trim() || null,
};

const byNothing: ProcessStart = { startTime: () => null, bootId: () => null };

export function processStart(): ProcessStart {
  if (existsSync('/proc/self/stat')) return byProc;
  return process.platform === 'win32' ? byNothing : byPs;
}

/** `null` where the file, and so its process, is not there. @throws Error of the file system where that cannot be told */
function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['EMFILE', 'ENFILE', 'ENOMEM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return null;
  }
}

/** `null` where the program finds nothing, or is not there. @throws Error where it cannot be run right now */
function run(file: string, args: readonly string[]): string | null {
  try {
    return execFileSync(file, args, {
      encoding: 'utf8',
      // Start times are told in words, by language and place.
      env: { LC_ALL: 'C', TZ: 'UTC' },
      timeout: 5000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    const { status, code } = error as { status?: number | null; code?: string };
    if (typeof status === 'number' || code === 'ENOENT') return null;
    throw error;
  }
}
