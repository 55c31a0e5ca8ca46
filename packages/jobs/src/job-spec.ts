/** What one run may use, its whole process tree taken together. What is absent is not limited. */
export interface JobLimits {
  /** Cores, in parts of one: 0.5 is half of one. */
  cpus?: number;
  memoryBytes?: number;
  /** From the start of the first attempt, retries included. */
  timeSeconds?: number;
}

/** A job as users write it. */
export interface JobSpec {
  /** Letters, digits, `.`, `_`, `-`. @default the name of the spec's file without its ending, else `job` */
  name?: string;
  /** Split as a shell would, and run without one; or the argument vector. `node` is the Node that runs this. */
  command: string | readonly string[];
  env?: Readonly<Record<string, string | number | boolean>>;
  /** Relative to the folder of the spec's file, else to the working folder of the caller. @default that folder */
  cwd?: string;
  limits?: Readonly<JobLimits>;
  /** How often a run that failed is tried again. @default 0 */
  retries?: number;
  /**
   * A home and a folder for temporary files of the run's own, and nothing of the caller's environment but what finds
   * programs and tells the language. This is against accidents, not against malice. @default false
   */
  isolate?: boolean;
  /** More variables that are to have the input, for programs that know it by another name. */
  inputVariables?: string | readonly string[];
}

/** A job as it is run. */
export interface ResolvedJobSpec {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly cwd: string;
  readonly limits: Readonly<JobLimits>;
  readonly retries: number;
  readonly isolate: boolean;
  readonly inputVariables: readonly string[];
}
