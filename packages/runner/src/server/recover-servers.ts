import { rmSync } from 'node:fs';

import { callPlugin } from '@project-runner/core';
import type { LauncherPlugin, Logger, ProcessExit, ProcessHandle } from '@project-runner/core';

import { createLogJournal, resumeLogJournal } from '../logs/log-journal.ts';
import type { JournalState, LogJournal } from '../logs/log-journal.ts';
import type { LogPipeline } from '../logs/log-pipeline.ts';
import type { RunReceiver } from '../logs/run-receiver.ts';
import { createSecretMask } from '../logs/secret-mask.ts';
import { secretValues } from '../logs/secret-values.ts';
import { leaseHeldPort } from './acquire-port.ts';
import type { Recovered } from './recovered.ts';
import type { ServerLogs } from './server-logs.ts';
import type { StoredServer } from './server-state.ts';
import { canInherit, socketName } from './held-start.ts';
import { removeLeftSocket } from './private-socket.ts';
import { ServerSupervisor } from './server-supervisor.ts';
import type { SupervisionContext } from './supervision-context.ts';

export interface RecoverOptions {
  context: SupervisionContext;
  logs: ServerLogs;
  signal: AbortSignal;
  /** Called for each server of which something runs. */
  track(supervisor: ServerSupervisor): void;
  /** For what may take its time, and nobody needs to wait for. */
  inBackground(task: Promise<unknown>): void;
}

/**
 * Takes over the servers that an earlier runner left and no living one has; what ended meanwhile is to be finished: last
 * lines, exit code, port. A state that cannot be read costs its own server only.
 * @returns those that are to run on or to be ended, and how many may be tried again
 */
export async function recoverServers(
  options: RecoverOptions,
): Promise<{ found: Recovered[]; failed: number }> {
  const { store, logger } = options.context;
  const found: Recovered[] = [];
  let failed = 0;
  await Promise.all(
    store.list().map(async (serverId) => {
      try {
        const recovered = await recoverServer(serverId, options);
        if (recovered) found.push(recovered);
      } catch (error) {
        failed += 1;
        logger.error(`Server ${serverId} could not be taken over`, error);
      }
    }),
  );
  options.inBackground(store.tidy());
  return { found, failed };
}

/** @returns `null` where a living runner has it, or nothing is known of it */
export async function recoverServer(serverId: string, options: RecoverOptions): Promise<Recovered | null> {
  const { store, logger } = options.context;
  const disown = store.claim(serverId);
  if (!disown) return null;
  try {
    const stored = store.read(serverId);
    if (stored === 'missing' || stored === 'damaged') {
      options.inBackground(discard(serverId, stored, options).finally(disown));
      return null;
    }
    if (stored !== 'foreign') return await takeOver(stored, disown, options);
    logger.warn(`Server ${serverId} was started by a later version of the runner and is left alone`);
    disown();
    return null;
  } catch (error) {
    disown();
    throw error;
  }
}

/** Nobody can say how to go on with it, so nothing of it may go on. */
async function discard(
  serverId: string,
  why: 'missing' | 'damaged',
  { context }: RecoverOptions,
): Promise<void> {
  const { store, logger, plugins } = context;
  const launcher = plugins.one('launcher');
  const run = store.runs(serverId).at(-1);
  const handle = run === undefined ? null : await adoptRun(launcher, { serverId, run, context });
  if (handle) await handle.stop({ graceMs: context.graceMs(0) });
  handle?.detach?.();
  if (why === 'missing') store.remove(serverId);
  else {
    const aside = store.setAside(serverId);
    logger.warn(
      `The state of server ${serverId} is damaged: it was stopped, and its files were moved to ${aside}`,
    );
  }
}

interface AdoptRun {
  serverId: string;
  run: number;
  context: SupervisionContext;
  stored?: StoredServer;
  receiver?: RunReceiver;
}

function adoptRun(
  launcher: LauncherPlugin,
  { serverId, run, context, stored, receiver }: AdoptRun,
): Promise<ProcessHandle | null> {
  return callPlugin(launcher, 'adopt', async () => {
    const handle = await launcher.adopt?.({
      id: serverId,
      ref: stored?.ref ?? null,
      dir: context.store.runDir(serverId, run),
      from: receiver?.from ?? { stdout: 0, stderr: 0 },
      onOutput: receiver?.onOutput ?? (() => undefined),
      ...(receiver?.memory ? { memory: receiver.memory } : {}),
      ...(receiver?.onDropped ? { onDropped: receiver.onDropped } : {}),
    });
    return handle ?? null;
  });
}

async function takeOver(
  stored: StoredServer,
  disown: () => void,
  options: RecoverOptions,
): Promise<Recovered | null> {
  const { context, logs, signal } = options;
  const launcher = context.plugins.one('launcher');
  const { server, run } = stored;
  const mask = createSecretMask([]);
  const journal = await openJournal(stored, options);
  const pipeline = logs.open(stored.session, { ...journal, mask });
  const receiver = pipeline.receive(run);
  let handle: ProcessHandle | null = null;
  let env: Readonly<Record<string, string>> | null;
  try {
    handle = await adoptRun(launcher, { serverId: server.id, run, context, stored, receiver });
    env = handle?.environment?.() ?? null;
    // What a dead server printed may hold secrets that nobody can name any more.
    if (env === null && stored.secretNames.length > 0) mask.hideAll();
    mask.add(secretValues(stored.secretNames, env ?? {}, context.logger));
    if (handle) receiver.attach(handle);
    await replay(pipeline, handle, stored, options, journal.resume);
  } catch (error) {
    // It is tried again, and must not cost descriptors each time.
    handle?.detach?.();
    await pipeline.end('left');
    throw error;
  }
  removeSocketAfter(handle, stored);
  const own = context.recallProject(stored);
  const supervisor = new ServerSupervisor({ context: own, stored, env, logs: pipeline, disown });
  const recovered = { supervisor, replaces: stored.replaces };
  const exit = handle && (await soon(handle));
  if (!handle || exit) {
    const ended = handle;
    const end = (): Promise<void> =>
      ended && exit ? supervisor.adoptEnded({ handle: ended, receiver }, exit) : supervisor.stop();
    return { ...recovered, isToStay: false, end };
  }
  const { probePath: path, optionalPath } = stored.launch;
  const takesSocket = canInherit(context.plugins, stored.launch);
  const lease = await leaseHeldPort({ plugins: context.plugins, logger: context.logger, signal }, server, {
    projectId: stored.session.projectId,
    takesSocket,
  });
  const socket = stored.probeSocket === undefined ? {} : { socketPath: stored.probeSocket };
  const target = { host: server.host, port: server.port, path, optionalPath, ...socket };
  supervisor.adopt({ handle, receiver, lease, target });
  options.track(supervisor);
  const isToStay =
    stored.servesAt !== null && stored.state !== 'stopping' && !context.store.isStopWanted(server.id);
  return { ...recovered, isToStay, end: () => supervisor.stop() };
}

/** Only its own runner sees to that otherwise. */
function removeSocketAfter(handle: ProcessHandle | null, { probeSocket, server, run }: StoredServer): void {
  if (probeSocket === undefined) return;
  const remove = (): void => removeLeftSocket(probeSocket, socketName(server.id, run));
  if (handle) void handle.exited.then(remove);
  else remove();
}

/** Without a journal that can be read, a new one begins, and the log goes on after the last line that a sink has. */
async function openJournal(
  { server, session }: StoredServer,
  { context, logs }: RecoverOptions,
): Promise<{ journal?: LogJournal; resume: JournalState }> {
  try {
    const { journal, state } = resumeLogJournal(context.store.journalFile(server.id));
    return { journal, resume: state };
  } catch (error) {
    // Nothing can be told of it right now.
    if (['EMFILE', 'ENFILE'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    context.logger.warn(
      `The log journal of server ${server.id} cannot be read; lines may be doubled or missing`,
      error,
    );
    const resume = { committed: await logs.lastSequence(session), records: [] };
    return { ...beginJournal(context.store.journalFile(server.id), resume, context.logger), resume };
  }
}

function beginJournal(file: string, { committed }: JournalState, logger: Logger): { journal?: LogJournal } {
  try {
    rmSync(file, { force: true });
    const journal = createLogJournal(file);
    journal.commit(committed);
    return { journal };
  } catch (error) {
    logger.warn('A log journal cannot be begun; lines may be doubled after the next take-over', error);
    return {};
  }
}

/** Lines of earlier runs may be due, too. */
async function replay(
  pipeline: LogPipeline,
  handle: ProcessHandle | null,
  stored: StoredServer,
  { context }: RecoverOptions,
  resume: JournalState,
): Promise<void> {
  const launcher = context.plugins.one('launcher');
  const earlier = new Map<number, ProcessHandle | null>([[stored.run, handle]]);
  for (const { run } of resume.records) {
    if (earlier.has(run) || !context.store.runs(stored.server.id).includes(run)) continue;
    earlier.set(run, await adoptRun(launcher, { serverId: stored.server.id, run, context }));
  }
  pipeline.replay((run, stream, start, end) => {
    return earlier.get(run)?.readOutput?.(stream, start, end) ?? new Uint8Array();
  });
  for (const [run, old] of earlier) if (run !== stored.run) old?.detach?.();
}

/** A process that has ended already says so in a moment. */
function soon(handle: ProcessHandle): Promise<ProcessExit | null> {
  const now = new Promise<null>((resolve) => setTimeout(() => resolve(null), 20));
  return Promise.race([handle.exited, now]);
}
