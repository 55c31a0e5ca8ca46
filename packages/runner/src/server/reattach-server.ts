import { callPlugin } from '@project-runner/core';
import type { LogSession, RunningServer } from '@project-runner/core';

import type { ResolvedConfig } from '../config.ts';
import { leaseHeldPort } from './acquire-port.ts';
import { sortOut } from './recovered.ts';
import { recoverServer } from './recover-servers.ts';
import type { RecoverOptions } from './recover-servers.ts';
import type { StoredLaunch, StoredServer } from './server-state.ts';
import { ServerSupervisor } from './server-supervisor.ts';
import type { SupervisionContext } from './supervision-context.ts';

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
  const read = isForeign ? store.read(server.id) : 'missing';
  const known = typeof read === 'object' ? read : null;
  // Its runner may have started it again since.
  const current = known?.server ?? server;
  return current.processId === null
    ? null
    : adoptBare({ server: current, pid: current.processId, isForeign, known }, options, config);
}

interface BareServer {
  server: RunningServer;
  pid: number;
  isForeign: boolean;
  /** What its own runner has written down of it. */
  known: StoredServer | null;
}

async function adoptBare(
  { server, pid, isForeign, known }: BareServer,
  { context: host, logs, signal, track }: RecoverOptions,
  config: ResolvedConfig,
): Promise<ServerSupervisor | null> {
  const context = known ? host.recallProject(known) : host;
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
  const launch = known ? lookedAt(known.launch) : unknownLaunch(config);
  const supervisor = new ServerSupervisor({
    context: onlyLooking(context, server.id, isForeign),
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
      launch,
      secretNames: [],
    },
    env: null,
    logs: pipeline,
    isForeign,
    disown: () => undefined,
  });
  track(supervisor);
  const { probePath: path, optionalPath } = launch;
  const socket = known?.probeSocket === undefined ? {} : { socketPath: known.probeSocket };
  const target = { host: server.host, port: server.port, path, optionalPath, ...socket };
  supervisor.adopt({ handle, receiver, lease, target });
  return supervisor;
}

/**
 * Its variables are not known, so it can only be watched and stopped; where another runner has it, it is that one's to keep
 * alive, and its route that one's to pause, resume and remove.
 */
function onlyLooking(context: SupervisionContext, serverId: string, isForeign: boolean): SupervisionContext {
  const { routes, store } = context;
  return {
    ...context,
    durable: false,
    ...(isForeign ? { liveness: null } : {}),
    routes: {
      ...routes,
      pause: (...route) => (store.isOwned(serverId) ? Promise.resolve() : routes.pause(...route)),
      remove: (...route) => (store.isOwned(serverId) ? Promise.resolve() : routes.remove(...route)),
    },
  };
}

/** Its own runner sees to its limits. */
function lookedAt({ limits: _limits, ...launch }: StoredLaunch): StoredLaunch {
  return launch;
}

function unknownLaunch({ healthCheck }: ResolvedConfig): StoredLaunch {
  return {
    framework: '',
    file: '',
    args: [],
    cwd: '',
    ipc: false,
    probePath: healthCheck.endpoint,
    optionalPath: !healthCheck.endpointGiven,
    fixedPort: null,
    drainSeconds: 0,
  };
}
