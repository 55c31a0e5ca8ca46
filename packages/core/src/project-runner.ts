import type { Build } from './build.ts';
import type { Deployment } from './deployment.ts';
import type { EdgeRouter } from './edge-router.ts';
import type { LogStreamName } from './log-batch.ts';
import type { ObservabilityStorage } from './observability-storage.ts';
import type { Project } from './project.ts';
import type { ProjectSource } from './project-source.ts';
import type { RunningServer } from './running-server.ts';

export interface BuildOptions {
  /** Variables for the package manager and the build script. */
  envVars?: Record<string, string>;
  /** Install and build together, in ms. @default 600000 */
  timeoutMs?: number;
  skipInstall?: boolean;
  signal?: AbortSignal;
}

export interface RunOptions {
  /** Variables for the server. */
  envVars?: Record<string, string>;
  /** The port to use; it must be free. Without it the port strategy chooses. */
  port?: number;
  /** How long the server may take to become healthy, in ms. @default maxRetries × retryIntervalMs */
  healthCheckTimeoutMs?: number;
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
  deploy(
    project: Project,
    deployment: Deployment,
    build: Build,
    options?: RunOptions,
  ): Promise<RunningServer>;
  stop(server: RunningServer): Promise<void>;
  healthCheck(server: RunningServer): Promise<{ healthy: boolean; message?: string }>;
  getLogs(server: RunningServer, options?: { tail?: number; since?: Date }): Promise<string>;
  streamLogs(server: RunningServer, callback: (log: string) => void): () => void;
  getResourceUsage(server: RunningServer): Promise<ResourceUsage>;
  setSource(source: ProjectSource): void;
  setRouter(router: EdgeRouter): void;
  setObservabilityStorage(storage: ObservabilityStorage): void;
  setOnServerLog(callback: ServerLogCallback): void;
  getLogsPaginated(
    server: RunningServer,
    options?: { limit?: number; before?: string },
  ): Promise<PaginatedLogs>;
  shutdown(): Promise<void>;
  getStats(): RunnerStats;
  isProcessAlive(pid: number): boolean;
  reattach(server: RunningServer): Promise<boolean>;
}
