import { readProcFile } from './proc-stat.ts';

/** Marks every process of a tree: the environment is inherited over setsid, double forks and re-parenting. */
export const markerVariable = 'PROJECT_RUNNER_ID';

/** Whether a process has the marker of this tree in its environment. */
export function carries(pid: number, id: string): boolean {
  return markersIn(readEnvironment(pid)).includes(id);
}

/**
 * The same, or not to be told: while a process becomes another program (`exec`), it has no environment for a moment. What
 * never has one, such as a thread of the kernel, cannot be read.
 */
export function mayCarry(pid: number, id: string): boolean {
  const environment = readEnvironment(pid);
  return environment === '' || `\0${environment}`.includes(`\0${markerVariable}=${id}\0`);
}

/** As it was at the start of its program, variables ended by `\0`; `null` where it is gone or is not ours to read. */
export function readEnvironment(pid: number): string | null {
  return readProcFile(`${pid}/environ`);
}

/** Usually none or one; nothing keeps an environment from naming a variable twice. */
export function markersIn(environment: string | null): string[] {
  if (environment === null) return [];
  const text = `\0${environment}`;
  const start = `\0${markerVariable}=`;
  const found: string[] = [];
  for (let at = text.indexOf(start); at !== -1; at = text.indexOf(start, at + 1)) {
    const end = text.indexOf('\0', at + start.length);
    if (end !== -1) found.push(text.slice(at + start.length, end));
  }
  return found;
}
