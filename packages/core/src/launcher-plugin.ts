import type { LogStreamName } from './log-batch.ts';

export interface LaunchSpec {
  /** Marks every process of the tree, so that none is overlooked when it is stopped. */
  id: string;
  /** Absolute path of the program, or a name to be found on `env.PATH`. */
  file: string;
  args: readonly string[];
  /** Absolute path. */
  cwd: string;
  /** The whole environment; nothing is inherited. */
  env: Readonly<Record<string, string>>;
  /** Open a Node IPC channel. */
  ipc: boolean;
  /** Gets output as it comes, in order for each stream, all of it before `closed` resolves. */
  onOutput(stream: LogStreamName, chunk: Uint8Array): void;
  onMessage?(message: unknown): void;
}

/** Names a process beyond doubt: a pid alone may have been given to somebody else. */
export interface ProcessRef {
  pid: number;
  /** Kernel start time, in the platform's own unit; `null` where the platform does not tell. */
  startTime: string | null;
  bootId: string | null;
}

/** How a process ended. Exactly one of the two is set. */
export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ListeningSocket {
  host: string;
  port: number;
}

export interface StopOptions {
  /** From SIGTERM to SIGKILL, in ms. */
  graceMs: number;
}

export interface TreeUsage {
  /** Resident memory of the tree, in bytes. */
  memoryBytes: number;
  /** CPU of the tree since the last sample, in percent of one core. */
  cpuPercent: number;
}

/** A process and all that came from it. */
export interface ProcessHandle {
  readonly ref: ProcessRef;
  /** Resolves at the exit of the first process, whoever still holds its pipes. */
  readonly exited: Promise<ProcessExit>;
  /** Resolves when all output was handed over, soon after `exited`. */
  readonly closed: Promise<void>;
  /** How it ended, `null` while it runs. */
  exit(): ProcessExit | null;
  /**
   * One SIGTERM to each process of the tree, SIGKILL after the grace; resolves when the tree is gone.
   * A second call joins the first.
   * @throws ProjectRunnerError `STOP_FAILED` naming the survivors
   */
  stop(options: StopOptions): Promise<void>;
  /** Memory and CPU of the whole tree; `null` when it is gone. */
  usage(): Promise<TreeUsage | null>;
  /**
   * TCP sockets on which the tree listens; `null` where the platform does not tell. With a port, looking may stop at
   * the first socket on it.
   */
  listening(port?: number): Promise<readonly ListeningSocket[] | null>;
}

/** Starts processes. */
export interface LauncherPlugin {
  readonly kind: 'launcher';
  readonly name: string;
  readonly apiVersion: 1;
  /** @throws ProjectRunnerError `SPAWN_FAILED` */
  launch(spec: LaunchSpec): Promise<ProcessHandle>;
  /** Takes over a process that an earlier runner started; `null` when it is gone or is not the one meant. */
  adopt?(ref: ProcessRef, id: string): Promise<ProcessHandle | null>;
}
