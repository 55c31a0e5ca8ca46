/** What one server may use, its whole process tree taken together. What is absent is not limited. */
export interface ServerLimits {
  /** Resident memory. */
  memoryMb?: number;
  /** What happens to a server that needs more: stopped in order and started anew, or killed for good. @default 'restart' */
  onMemory?: 'restart' | 'kill';
  /** `--max-old-space-size` of each Node process in it. */
  heapMb?: number;
  /** Cores, in parts of one: 0.5 is half of one. */
  cpus?: number;
  /** Processes and threads; a Node process is about a dozen. */
  pids?: number;
}

export type LimitName = 'memoryMb' | 'heapMb' | 'cpus' | 'pids';

/** A limit of a server, and who sees to it. */
export interface LimitInForce {
  value: number;
  /**
   * `watch`: the runner looks every few seconds; `node`: the option of Node; else what the launcher names, such as
   * `cgroup-v1` and `cgroup-v2`. Empty: nobody, because this machine does not allow it. `null` while no process of the
   * server runs: there is nothing to limit.
   */
  by: readonly string[] | null;
}
