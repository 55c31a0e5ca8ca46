import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Living processes that were started with a variable of this value: their pid and command line. Reads Linux's /proc;
 * elsewhere there is nothing to see, and the answer is empty.
 */
export function processesWithVariable(name, value) {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((entry) => {
      const pid = Number(entry);
      try {
        const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
        if (!variables.includes(`${name}=${value}`)) return [];
        return [{ pid, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() }];
      } catch {
        // Gone while we looked, or somebody else's, whose environment is not ours to read.
        return [];
      }
    });
}

/** Ends these processes at once, and waits (5 s at most) until they are gone. */
export async function endProcesses(processes) {
  const deadline = Date.now() + 5000;
  let alive = processes.filter(({ pid }) => signal(pid, 'SIGKILL'));
  while (alive.length > 0 && Date.now() < deadline) {
    await delay(20);
    // A zombie has no command line; it is gone as far as we are concerned.
    alive = alive.filter(({ pid }) => signal(pid, 0) && commandOf(pid) !== '');
  }
}

function signal(pid, name) {
  try {
    return process.kill(pid, name);
  } catch {
    // It went first.
    return false;
  }
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It went between the two looks.
    return '';
  }
}
