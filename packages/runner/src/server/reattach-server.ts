import { callPlugin } from '@project-runner/core';
import type { LogSession, RunningServer } from '@project-runner/core';

import type { ResolvedConfig } from '../config.ts';
import { leaseHeldPort } from './acquire-port.ts';
import { sortOut } from './recovered.ts';
import { recoverServer } from './recover-servers.ts';
import type { RecoverOptions } from './recover-servers.ts';
import { ServerSupervisor } from './server-supervisor.ts';

/**
 * Takes over one server that an earlier runner started, from its state or, where that is gone, from its record and the
 * marker of its process alone. One that a living runner has stays that runner's: it can be looked at, and stopped.
 * `null` where it is gone.
 */
export async function reattachServer(
  server: RunningServer,
  options: RecoverOptions,
  config: ResolvedConfig,
): Promise<ServerSupervisor | null> {
  const { context } = options;
  const { durable, store } = context;
  if (durable && store.list().includes(server.id) && !store.isOwned(server.id)) {
    const recovered = await recoverServer(server.id, options);
    if (recovered) options.inBackground(sortOut([recovered], context.logger));
    return recovered?.isToStay ? recovered.supervisor : null;
  }
  const isForeign = durable && store.isOwned(server.id);
  const stored = isForeign ? store.read(server.id) : 'missing';
  // Its runner may have started it again since.
  const current = typeof stored === 'object' ? stored.server : server;
  return current.processId === null
    ? null
    : adoptBare(current, current.processId, isForeign, options, config);
}

async function adoptBare(
  server: RunningServer,
  pid: number,
  isForeign: boolean,
  { context, logs, signal, track }: RecoverOptions,
  { healthCheck }: ResolvedConfig,
): Promise<ServerSupervisor | null> {
  const launcher = context.plugins.one('launcher');
  const session: LogSession = {
    serverId: server.id,
    deploymentId: server.deploymentId,
    buildId: server.buildId,
    projectId: '',
  };
  const handle = await callPlugin(launcher, 'adopt', async () =>
    launcher.adopt?.({
      id: server.id,
      ref: { pid, startTime: null, bootId: null },
      from: { stdout: 0, stderr: 0 },
      onOutput: () => undefined,
    }),
  );
  if (!handle) return null;
  const pipeline = logs.open(session, {
    resume: { committed: await logs.lastSequence(session), records: [] },
  });
  const receiver = pipeline.receive(1);
  pipeline.replay(() => new Uint8Array());
  const lease = await leaseHeldPort({ plugins: context.plugins, logger: context.logger, signal }, server);
  const probe = { path: healthCheck.endpoint, optionalPath: !healthCheck.endpointGiven };
  const supervisor = new ServerSupervisor({
    // Nothing is known of how it was started, so it can only be watched and stopped; where another runner has it, its
    // route is that one's to pause, resume and remove.
    context: {
      ...context,
      durable: false,
      ...(isForeign ? { liveness: null } : {}),
      routes: {
        ...context.routes,
        pause: (...route) =>
          context.store.isOwned(server.id) ? Promise.resolve() : context.routes.pause(...route),
        remove: (...route) =>
          context.store.isOwned(server.id) ? Promise.resolve() : context.routes.remove(...route),
      },
    },
    stored: {
      formatVersion: 1,
      server,
      session,
      state: 'ready',
      servesAt: { host: server.host, port: server.port },
      replaces: [],
      run: 1,
      ref: handle.ref,
      restarts: 0,
      lastExit: null,
      lastError: null,
      launch: {
        framework: '',
        file: '',
        args: [],
        cwd: '',
        ipc: false,
        probePath: probe.path,
        optionalPath: probe.optionalPath,
        fixedPort: null,
        drainSeconds: 0,
      },
      secretNames: [],
    },
    env: null,
    logs: pipeline,
    isForeign,
    disown: () => undefined,
  });
  track(supervisor);
  supervisor.adopt({ handle, receiver, lease, target: { host: server.host, port: server.port, ...probe } });
  return supervisor;
}
