import { readdirSync, readFileSync } from 'node:fs';

export interface FoundKeeper {
  pid: number;
  /** `sh` waits for the end of a caller; `node` looks after its runs. */
  is: 'sh' | 'node';
}

/** The keepers of a state folder, and what waits to become one. Linux only. */
export function keepersOf(stateDir: string): FoundKeeper[] {
  return readdirSync('/proc').flatMap((name) => {
    const [file = '', ...args] = /^\d+$/.test(name) ? commandOf(name) : [];
    const isOurs =
      args.some((arg) => arg.includes('keeper-main')) && args.some((arg) => arg.includes(stateDir));
    return isOurs ? [{ pid: Number(name), is: file.endsWith('/sh') ? 'sh' : 'node' } as const] : [];
  });
}

function commandOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    // It has ended in between.
    return [];
  }
}
