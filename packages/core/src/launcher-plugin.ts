import type { LogStreamName } from './log-batch.ts';

/** Takes the output of a process. */
export interface OutputReceiver {
  /**
   * Gets output as it comes, in order for each stream, all of it before `closed` resolves. `end`: bytes of this stream
   * so far, with this chunk. The chunk is the receiver's. The launcher waits for a promise before it reads on.
   */
  onOutput(stream: LogStreamName, chunk: Uint8Array, end: number): void | Promise<void>;
  /**
   * Memory for a chunk of so many bytes, or of fewer, that the receiver uses again: a launcher that reads into it hands over
   * its beginning as the chunk. One that does not ask hands over memory of its own.
   */
  memory?(bytes: number): Uint8Array;
  /** Output that was given up unread, because it was more than may be kept; `end` as above. */
  onDropped?(stream: LogStreamName, bytes: number, end: number): void;
}

/** Caps that the system is to enforce on a whole tree, where it can. */
export interface LaunchLimits {
  memoryBytes?: number;
  /** Cores, in parts of one. */
  cpus?: number;
  /** Processes and threads. */
  pids?: number;
}

export interface LaunchSpec extends OutputReceiver {
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
  /** Descriptors of this process that the process gets as 3, 4 and so on; only for a launcher that says `inherits`. */
  inherit?: readonly number[];
  /**
   * An empty folder of the user's own, for all that must outlive the runner: output, pid, exit code. Without it, or with
   * a launcher that cannot, nothing does.
   */
  dir?: string;
  /** From before its first instruction. A launcher that cannot enforce one starts the process without it, and says so. */
  limits?: LaunchLimits;
  /** Absolute path of a file that the process reads as its stdin; without it there is nothing to read. */
  stdin?: string;
  /**
   * A file that is not there yet, made right before the program starts; where it is there by then, nothing is started. So
   * whoever comes after a runner that died while it launched makes it himself, and knows that this launch starts nothing.
   * Its time of change tells when the program started.
   */
  claim?: string;
  onMessage?(message: unknown): void;
}

/** Names a process beyond doubt: a pid alone may have been given to somebody else. */
export interface ProcessRef {
  pid: number;
  /** Kernel start time, in the platform's own unit; `null` where the platform does not tell. */
  startTime: string | null;
  bootId: string | null;
}

/** A process that an earlier runner started. */
export interface AdoptRequest extends OutputReceiver {
  id: string;
  /** Where the caller knows it; what `dir` says wins. */
  ref: ProcessRef | null;
  /** The folder that the process was launched with, if it was. */
  dir?: string;
  /** Where to read on: bytes of each stream that were taken over. */
  from: Readonly<Record<LogStreamName, number>>;
}

/** How a process ended. One of the two is set; neither where nobody was there to see it. */
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

/** What is known of a process that has ended. */
export interface ProcessAccount {
  /** In ms since 1970; `null` where nobody was there to see it. */
  endedAt: number | null;
  /** CPU of the process and of those that it waited for, in ms, as exact as the platform counts; `null` if not known. */
  cpuMs: number | null;
  /** The most memory that the whole tree had at a time, in bytes, where the system kept count; `null` otherwise. */
  peakMemoryBytes: number | null;
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
  /** Output up to `end` is kept elsewhere: its space may be given back. */
  release?(stream: LogStreamName, end: number): void;
  /** Reads kept output again, from byte `start` to `end` of a stream; what was released reads as zeros. */
  readOutput?(stream: LogStreamName, start: number, end: number): Uint8Array;
  /** Lets go of the process without stopping it, for a later `adopt`. No callback comes after it. */
  detach?(): void;
  /** The variables that it was started with; `null` when that is not known any more. */
  environment?(): Readonly<Record<string, string>> | null;
  /** Those of its limits that the system enforces, each with what does it; none of them without this. */
  readonly enforced?: Readonly<Partial<Record<keyof LaunchLimits, string>>>;
  /** Whether the system killed some of it for needing more memory than its limit. */
  outOfMemory?(): boolean;
  /** What it used, `null` while it runs. */
  account?(): ProcessAccount | null;
  /** After the exit: whether processes of the tree may have been left behind. A look that costs less than `stop`. */
  leftBehind?(): boolean;
}

/** Starts processes. */
export interface LauncherPlugin {
  readonly kind: 'launcher';
  readonly name: string;
  readonly apiVersion: 1;
  /** It passes on the descriptors of `LaunchSpec.inherit`. */
  readonly inherits?: boolean;
  /** @throws ProjectRunnerError `SPAWN_FAILED` */
  launch(spec: LaunchSpec): Promise<ProcessHandle>;
  /**
   * Takes over a process that an earlier runner started; `null` when there is no trace of it. One that ended meanwhile
   * has its output read and its `exit` known, as far as `dir` tells.
   */
  adopt?(request: AdoptRequest): Promise<ProcessHandle | null>;
}
