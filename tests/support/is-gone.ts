import { readFileSync } from 'node:fs';

/** Whether a process has ended; a zombie has. */
export function isGone(pid: number | null | undefined): boolean {
  try {
    return /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}
