import { readProcFile } from './proc-stat.ts';

/** Its children are threads of the kernel, and helpers that it starts: nothing of them comes from a process. */
const kthreadd = 2;
/** `PF_KTHREAD` of the kernel's sched.h. */
const kernelFlag = 0x0020_0000;

let hasKthreadd: boolean | undefined;

/**
 * The numbers of what is the kernel's own, by one read: on a machine with many CPUs that is most of all. Empty in a
 * container, and where the kernel does not list children.
 */
export function kernelPids(): ReadonlySet<number> {
  hasKthreadd ??= isKernelThread(readProcFile(`${kthreadd}/stat`));
  const children = hasKthreadd ? readProcFile(`${kthreadd}/task/${kthreadd}/children`) : null;
  return new Set(children?.split(' ').map(Number));
}

/** By the ninth field of proc_pid_stat(5): elsewhere the number is somebody's. */
function isKernelThread(stat: string | null): boolean {
  const flags = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[6];
  return (Number(flags ?? 0) & kernelFlag) !== 0;
}
