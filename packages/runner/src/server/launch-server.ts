import { dirname } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import type { LogSession, RunningServer } from '@project-runner/core';

import type { HeldRelease } from '../build/hold-release.ts';
import { createLogJournal } from '../logs/log-journal.ts';
import type { LogJournal } from '../logs/log-journal.ts';
import { createSecretMask } from '../logs/secret-mask.ts';
import { secretValues } from '../logs/secret-values.ts';
import type { ServerLogs } from './server-logs.ts';
import type { StoredLaunch, StoredServer } from './server-state.ts';
import { ServerSupervisor } from './server-supervisor.ts';
import type { SupervisionContext } from './supervision-context.ts';
import type { ServerPlan } from './supervisor-options.ts';

export interface LaunchServerOptions {
  context: SupervisionContext;
  logs: ServerLogs;
  session: LogSession;
  launch: StoredLaunch;
  /** All variables of the server but those of its address. */
  env: Readonly<Record<string, string>>;
  /** Names of variables whose values are masked in the log. */
  secretNames: readonly string[];
  /** What it runs from and must stay there; `null` for files that are not the runner's. */
  held: HeldRelease | null;
  /** Asked before each restart; without it the server is started as it was. */
  replan?: () => Promise<ServerPlan>;
  /** In ms. @default what is configured */
  deadlineMs: number | undefined;
  signal: AbortSignal;
  /** Servers of the deployment that run until this one has the traffic. */
  replaces: readonly string[];
  /** Called as soon as there is something to stop. */
  track(supervisor: ServerSupervisor): void;
}

/**
 * Starts a server that is written down first, and answers when it is healthy.
 * @throws ProjectRunnerError `STATE_UNWRITABLE`, and those of `startServer`
 */
export async function launchServer(options: LaunchServerOptions): Promise<ServerSupervisor> {
  const { context, session, env, secretNames, held, deadlineMs, replan } = options;
  const stored: StoredServer = {
    formatVersion: 1,
    server: newRecord(session),
    session,
    state: 'starting',
    servesAt: null,
    replaces: options.replaces,
    run: 0,
    ref: null,
    restarts: 0,
    lastExit: null,
    lastError: null,
    launch: options.launch,
    secretNames,
  };
  const disown = keep(stored, context, held);
  const journal = createJournal(stored, context);
  const mask = createSecretMask(secretValues(secretNames, env, context.logger));
  const logs = options.logs.open(session, { mask, ...(journal ? { journal } : {}) });
  const timing = { ...context.timing, ...(deadlineMs === undefined ? {} : { deadlineMs }) };
  const supervisor = new ServerSupervisor({
    context: { ...context, timing },
    stored,
    env,
    logs,
    disown,
    ...(replan ? { replan: () => replanMasked(replan, mask, context) } : {}),
  });
  options.track(supervisor);
  await supervisor.start(options.signal);
  return supervisor;
}

/** No process is started whose secrets the log does not know. */
async function replanMasked(
  replan: () => Promise<ServerPlan>,
  mask: ReturnType<typeof createSecretMask>,
  { logger }: Pick<SupervisionContext, 'logger'>,
): Promise<ServerPlan> {
  const plan = await replan();
  mask.add(secretValues(plan.secretNames, plan.env, logger));
  return plan;
}

function newRecord({ serverId, deploymentId, buildId }: LogSession): RunningServer {
  return {
    id: serverId,
    deploymentId,
    buildId,
    processId: null,
    containerId: null,
    host: '127.0.0.1',
    port: 0,
    healthStatus: 'starting',
    lastHealthCheck: null,
    memoryUsageMb: null,
    cpuPercent: null,
    startedAt: new Date(),
    stoppedAt: null,
  };
}

/** Written down before there is a process, so that none is ever without an owner. @throws `STATE_UNWRITABLE` */
function keep(
  stored: StoredServer,
  { store, durable }: SupervisionContext,
  held: HeldRelease | null,
): () => void {
  if (!durable) return held?.end ?? (() => undefined);
  const { id } = stored.server;
  let disown: (() => void) | null = null;
  try {
    disown = store.claim(id);
    if (!disown) throw new Error(`the id ${id} is in use`);
    store.write(stored);
    held?.holdAsLongAs(dirname(store.journalFile(id)));
    return disown;
  } catch (error) {
    store.remove(id);
    disown?.();
    throw stateUnwritable(error);
  }
}

export function stateUnwritable(cause: unknown): ProjectRunnerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ProjectRunnerError(
    'STATE_UNWRITABLE',
    `A server cannot be started, because what is needed to find it again cannot be written: ${reason}`,
    {
      cause,
      hint: 'Make room, or give the runner a stateDir that it may write to; what runs already runs on',
    },
  );
}

function createJournal(
  { server }: StoredServer,
  { store, durable, logger }: SupervisionContext,
): LogJournal | undefined {
  if (!durable) return undefined;
  try {
    return createLogJournal(store.journalFile(server.id));
  } catch (error) {
    logger.warn('The log journal cannot be written; after a crash of the runner lines may be doubled', error);
    return undefined;
  }
}
