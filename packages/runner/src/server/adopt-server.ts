import { callPlugin } from '@project-runner/core';
import type { LogSession, PluginSet, RunningServer } from '@project-runner/core';

import type { LogPipeline } from '../logs/log-pipeline.ts';
import type { ServerInstance } from './server-instance.ts';

/**
 * Takes over a server that an earlier runner started, `null` where it is gone or the launcher cannot. Its port is its
 * own as long as it holds the socket, so there is no lease to take.
 */
export async function adoptServer(
  server: RunningServer,
  plugins: PluginSet,
  openLogs: (session: LogSession) => LogPipeline,
): Promise<ServerInstance | null> {
  if (server.processId === null) return null;
  const pid = server.processId;
  const launcher = plugins.one('launcher');
  const ref = { pid, startTime: null, bootId: null };
  const handle = await callPlugin(launcher, 'adopt', () => launcher.adopt?.(ref, server.id) ?? null);
  if (!handle) return null;
  const session = {
    serverId: server.id,
    deploymentId: server.deploymentId,
    buildId: server.buildId,
    projectId: '',
  };
  return {
    session,
    handle,
    // What it was built with is not known any more; the runner's own grace has to do.
    drainSeconds: 0,
    lease: { port: server.port, host: server.host, env: {}, release: () => Promise.resolve() },
    logs: openLogs(session),
    target: { host: server.host, port: server.port, path: '/health', optionalPath: true },
    server: { ...server },
    state: 'starting',
  };
}
