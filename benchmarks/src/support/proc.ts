import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** `sysconf(_SC_CLK_TCK)`, a constant on every Linux that Node has builds for. */
const ticksPerSecond = 100;

/** CPU of a process and of those children that it has waited for, in s; steps of 10 ms. */
export function cpuSeconds(pid: number): number {
  const fields = statFields(pid);
  // utime, stime, cutime, cstime of proc_pid_stat(5).
  const ticks = [14, 15, 16, 17].map((number) => Number(fields[number - 3]));
  return ticks.reduce((sum, count) => sum + count, 0) / ticksPerSecond;
}

/** CPU of the living threads of a process in ms, finer than ticks. */
export function threadCpuMs(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8'))
    .reduce((sum, text) => sum + Number.parseInt(text, 10) / 1e6, 0);
}

export function isAlive(pid: number): boolean {
  try {
    return !['Z', 'X'].includes(statFields(pid)[0] ?? 'X');
  } catch {
    return false;
  }
}

export function rssMb(pid: number): number {
  return field(`/proc/${pid}/status`, 'VmRSS') / 1024;
}

/** The most that was resident since `resetPeak`. */
export function peakRssMb(pid: number): number {
  return field(`/proc/${pid}/status`, 'VmHWM') / 1024;
}

export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Its own memory and its share of what it shares. */
export function pssMb(pid: number): number {
  return field(`/proc/${pid}/smaps_rollup`, 'Pss') / 1024;
}

export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

export function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
}

/** From the third field on: the command before it may hold spaces. */
function statFields(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function field(file: string, name: string): number {
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${name}:`));
  return Number(/\d+/.exec(line ?? '')?.[0]);
}
