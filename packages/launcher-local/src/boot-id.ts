import { execFileSync } from 'node:child_process';

import { readProcFile } from './proc-stat.ts';

let boot: string | null | undefined;

/**
 * Names the time since the machine started; `null` where the platform does not tell. Read once: every look at a process
 * that another runner started asks for it.
 */
export function bootId(): string | null {
  if (boot === undefined) {
    boot = process.platform === 'darwin' ? readSysctl('kern.bootsessionuuid') : readKernelBootId();
  }
  return boot;
}

function readKernelBootId(): string | null {
  return readProcFile('sys/kernel/random/boot_id')?.trim() ?? null;
}

/** @throws Error where the program cannot be run right now */
export function readSysctl(name: string): string | null {
  try {
    const text = execFileSync('/usr/sbin/sysctl', ['-n', name], {
      encoding: 'utf8',
      env: {},
      timeout: 5000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text.trim() || null;
  } catch (error) {
    const { status, code } = error as { status?: number | null; code?: string };
    // It does not know the name, or is not there.
    if (typeof status === 'number' || code === 'ENOENT') return null;
    throw error;
  }
}
