import type { Build } from './build.ts';
import type { Deployment } from './deployment.ts';
import type { EdgeRouter } from './edge-router.ts';
import type { LogStreamName } from './log-batch.ts';
import type { ObservabilityStorage } from './observability-storage.ts';
import type { Project } from './project.ts';
import type { ProjectSource } from './project-source.ts';
import type { ReleaseInfo } from './release-info.ts';
import type { RunnerEvents } from './runner-events.ts';
import type { RunningServer } from './running-server.ts';
import type { ServerLimits } from './server-limits.ts';
import type { ServerStatus } from './server-status.ts';

/** What a build does when a secret value is in its output: a warning in its log, a failure, or nothing at all. */
export type SecretsInOutput = 'warn' | 'fail' | 'ignore';

export interface BuildOptions {
  /** Variables for the package manager and the build script. */
  envVars?: Record<string, string>;
  /** Install and build together, in ms. @default 600000 */
  timeoutMs?: number;
  skipInstall?: boolean;
  /** `false`: build anew, whatever was built before; the result takes its place. @default true */
  cache?: boolean;
  /** Like `envVars`, with values that are masked in the build's log where they have 4 bytes or more. */
  secrets?: Record<string, string>;
  /** @default what the configuration says, and that is 'warn' */
  secretsInOutput?: SecretsInOutput;
  signal?: AbortSignal;
}

export interface RunOptions {
  /** Variables for the server. */
  envVars?: Record<string, string>;
  /** Like `envVars`, with values that are masked in the server's log where they have 4 bytes or more. */
  secrets?: Record<string, string>;
  /** The port to use; it must be free. Without it the port strategy chooses. */
  port?: number;
  /** How long the server may take to become healthy, in ms. @default maxRetries × retryIntervalMs */
  healthCheckTimeoutMs?: number;
  /** Each of them over that of the configuration. */
  limits?: ServerLimits;
  signal?: AbortSignal;
}

export interface PaginatedLogEntry {
  id: string;
  /** ISO 8601. */
  timestamp: string;
  line: string;
  stream: LogStreamName;
}

export interface PaginatedLogs {
  /** Oldest first. */
  entries: PaginatedLogEntry[];
  hasMore: boolean;
  oldestCursor: string | null;
  newestCursor: string | null;
}

export interface RunnerStats {
  runningProcesses: number;
  allocatedPorts: number[];
  availablePorts: number;
  /** Log lines that did not reach a sink, since the runner was made. */
  lostLogLines: number;
  /** Builds that wait for their turn. */
  queuedBuilds: number;
}

export interface ShutdownOptions {
  /** `leave`: they run on, for the next runner to take over. @default 'stop' */
  servers?: 'stop' | 'leave';
  /** `wait`: those that run or wait for their turn are built to their end. A later call may still cancel them. @default 'cancel' */
  builds?: 'cancel' | 'wait';
}

export interface ResourceUsage {
  /** Whole MB of the whole process tree. */
  memoryUsageMb: number | null;
  /** Percent of one core with two decimals. */
  cpuPercent: number | null;
}

/** Gets a line of a server's log. `id` is the cursor of `getLogsPaginated`. */
export type ServerLogCallback = (serverId: string, line: string, stream: LogStreamName, id?: string) => void;

/** Builds projects and runs them as supervised servers. */
export interface ProjectRunner {
  readonly type: 'local' | 'k8s' | (string & {});
  build(
    project: Project,
    build: Build,
    options?: BuildOptions,
    onLog?: (log: string) => void,
  ): Promise<Build>;
  /** Cancels a build, running or waiting; resolves when it has ended. Answers whether there was one. */
  cancelBuild(buildId: string): Promise<boolean>;
  deploy(
    project: Project,
    deployment: Deployment,
    build: Build,
    options?: RunOptions,
  ): Promise<RunningServer>;
  /** Builds of a project that can be deployed, the newest first. */
  listReleases(project: Pick<Project, 'id'>): Promise<ReleaseInfo[]>;
  /**
   * Deploys what the deployment ran before its present release. Called again, it goes further back. The records are
   * asked for because variables and the data folder come from them, as for every deploy.
   * @throws ProjectRunnerError `RELEASE_MISSING` where nothing earlier is kept
   */
  rollback(project: Project, deployment: Deployment, options?: RunOptions): Promise<RunningServer>;
  stop(server: RunningServer): Promise<void>;
  healthCheck(server: RunningServer): Promise<{ healthy: boolean; message?: string }>;
  /**
   * The last `tail` lines of those since `since`; without either as many as are kept in memory.
   * @throws TypeError for a `tail` that is not a whole number from 0, and a `since` that is not a valid Date
   */
  getLogs(server: RunningServer, options?: { tail?: number; since?: Date }): Promise<string>;
  streamLogs(server: RunningServer, callback: (log: string) => void): () => void;
  getResourceUsage(server: RunningServer): Promise<ResourceUsage>;
  setSource(source: ProjectSource): void;
  setRouter(router: EdgeRouter): void;
  setObservabilityStorage(storage: ObservabilityStorage): void;
  setOnServerLog(callback: ServerLogCallback): void;
  /**
   * The newest lines, or those right before the cursor `before`. `limit`: from 1 to 10000. @default limit 100
   * @throws TypeError for another `limit`, and a `before` that is no text
   */
  getLogsPaginated(
    server: RunningServer,
    options?: { limit?: number; before?: string },
  ): Promise<PaginatedLogs>;
  shutdown(options?: ShutdownOptions): Promise<void>;
  getStats(): RunnerStats;
  isProcessAlive(pid: number): boolean;
  reattach(server: RunningServer): Promise<boolean>;
  /**
   * Takes over the servers that an earlier runner with the same `stateDir` left, and answers those that run. Everything
   * else calls it by itself when it is first used.
   */
  recover(): Promise<RunningServer[]>;
  /**
   * State, restarts and last words of a server that runs or ran lately, `null` for an unknown one. Of a server that was
   * given up they outlive the runner: until its deployment is deployed again, at most 30 days.
   */
  getServerStatus(server: Pick<RunningServer, 'id'>): ServerStatus | null;
  /** Calls the listener for each event of that name; the answer ends it. A listener that throws harms nobody. */
  on<Name extends keyof RunnerEvents>(
    name: Name,
    listener: (...event: RunnerEvents[Name]) => void,
  ): () => void;
}
