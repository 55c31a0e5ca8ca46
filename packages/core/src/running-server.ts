export type HealthStatus = 'starting' | 'healthy' | 'unhealthy' | 'stopping';

/** A server that runs. Exactly these fields: hosts spread the record into the columns of a table. */
export interface RunningServer {
  id: string;
  deploymentId: string;
  buildId: string;
  /** The server's process id, or `null` where a launcher has none. */
  processId: number | null;
  containerId: string | null;
  /** The address that answered the probe, such as `127.0.0.1`. */
  host: string;
  port: number;
  healthStatus: HealthStatus;
  lastHealthCheck: Date | null;
  /** Whole MB of the whole process tree. */
  memoryUsageMb: number | null;
  /** Percent of one core, two decimals, of the whole process tree. */
  cpuPercent: number | null;
  startedAt: Date;
  stoppedAt: Date | null;
}
