import type {
  LogSession,
  ProcessExit,
  ProcessRef,
  RunningServer,
  ServerLimits,
  ServerState,
} from '@project-runner/core';

/** What it takes to find a server again, kept as `server.json`. Variables are secrets, so they are not in it. */
export interface StoredServer {
  formatVersion: 1;
  server: RunningServer;
  session: LogSession;
  state: ServerState;
  /** Where it serves, so where its route leads; `null` until its deploy is through and a host may know of it. */
  servesAt: Address | null;
  /** Servers of its deployment that ran before it: where it serves, they are to be gone. */
  replaces: readonly string[];
  /** Starts of it, from 1. */
  run: number;
  ref: ProcessRef | null;
  /** Where exactly the server of this run answers, if its port may be shared. */
  probeSocket?: string | undefined;
  restarts: number;
  lastExit: ProcessExit | null;
  lastError: string | null;
  /** Its last lines, once it is given up. */
  lastLines?: readonly string[];
  launch: StoredLaunch;
  /** Names of variables whose values are masked in the log. */
  secretNames: readonly string[];
}

export interface Address {
  host: string;
  port: number;
}

/** How a server is started, all but its variables. */
export interface StoredLaunch {
  framework: string;
  file: string;
  args: readonly string[];
  cwd: string;
  ipc: boolean;
  /** It is a Node process that can be given the socket of its port. Absent in what earlier versions wrote. */
  takesSocket?: boolean;
  probePath: string;
  optionalPath: boolean;
  /** The one port that will do, `null` for any. */
  fixedPort: number | null;
  drainSeconds: number;
  /** Absent in what earlier versions wrote. */
  limits?: ServerLimits;
  /** What its project has set of plugins; checked again before it is used. */
  projectOptions?: unknown;
}
