import type { StoredServer } from './server-state.ts';

/** What is kept of a server that is ready, as small as it may be. */
export function storedServer(id = 'server-1', changes: Partial<StoredServer> = {}): StoredServer {
  return {
    formatVersion: 1,
    server: {
      id,
      deploymentId: 'd',
      buildId: 'b',
      processId: 1,
      containerId: null,
      host: '127.0.0.1',
      port: 4000,
      healthStatus: 'healthy',
      lastHealthCheck: new Date(2000),
      memoryUsageMb: null,
      cpuPercent: null,
      startedAt: new Date(1000),
      stoppedAt: null,
    },
    session: { serverId: id, deploymentId: 'd', projectId: 'p', buildId: 'b' },
    state: 'ready',
    servesAt: { host: '127.0.0.1', port: 4000 },
    replaces: [],
    run: 1,
    ref: { pid: 1, startTime: '1', bootId: 'boot' },
    restarts: 0,
    lastExit: null,
    lastError: null,
    launch: {
      framework: 'node',
      file: 'node',
      args: ['server.js'],
      cwd: '/',
      ipc: true,
      probePath: '/health',
      optionalPath: true,
      fixedPort: null,
      drainSeconds: 0,
    },
    secretNames: ['TOKEN'],
    ...changes,
  };
}
