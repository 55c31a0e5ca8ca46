import { readFileSync } from 'node:fs';

/** A process beyond doubt: its pid may be given to somebody else, its start time and boot not. */
export interface Holder {
  pid: number;
  startTime: string | null;
  bootId: string | null;
}

let self: Holder | undefined;

export function thisProcess(): Holder {
  self ??= { pid: process.pid, startTime: startTime(process.pid), bootId: bootId() };
  return self;
}

export function holderIsAlive({ pid, startTime: started, bootId: boot }: Holder): boolean {
  if (boot !== null && boot !== thisProcess().bootId) return false;
  if (started !== null) return startTime(pid) === started;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of proc_pid_stat(5), counted after the command, which may hold spaces; `null` for a zombie or none. */
function startTime(pid: number): string | null {
  const text = readText(`/proc/${pid}/stat`);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || fields[0] === 'Z' ? null : (fields[19] ?? null);
}

function bootId(): string | null {
  return readText('/proc/sys/kernel/random/boot_id')?.trim() ?? null;
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Only Linux has these files, and only for living processes.
    return null;
  }
}
