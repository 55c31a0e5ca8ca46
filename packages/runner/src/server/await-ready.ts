import { setTimeout as delay } from 'node:timers/promises';

import { pluginKey, ProjectRunnerError } from '@project-runner/core';
import type { HealthProbePlugin, ProbeTarget, ProcessHandle } from '@project-runner/core';

import { deployCancelled } from './deploy-cancelled.ts';
import { ownedHost } from './owned-host.ts';
import { askInTime, firstComplaint, notInTime } from './probe-server.ts';
import type { Complaint } from './probe-server.ts';
import { untilAccepts } from './until-accepts.ts';
import { untilAborted } from '../within.ts';
import { withLimit } from './with-limit.ts';

export interface AwaitReadyOptions {
  handle: ProcessHandle;
  /** All must be content. */
  probes: readonly HealthProbePlugin[];
  target: Omit<ProbeTarget, 'host'>;
  /** Resolves when the server says over IPC that it is ready, with the port it bound where it tells. */
  announced: Promise<{ port?: number }>;
  deadlineMs: number;
  /** The longest pause between two probes, in ms. */
  maxPauseMs: number;
  /** One probe, in ms. */
  probeTimeoutMs: number;
  signal: AbortSignal;
}

/** Why a wait ended without a server. `exited` and `stranger` may be worth another port. */
export type NotReady =
  | { reason: 'exited' }
  | { reason: 'stranger' }
  | { reason: 'error'; error: ProjectRunnerError };

export type ReadyOutcome = { ready: true; host: string } | ({ ready: false } & NotReady);

/** A stranger's answer may be our own server's predecessor that is just closing; for this long it is only odd. */
const strangerPatienceMs = 1000;

/**
 * Waits until the server answers its probe and the process that answers is ours. Cheap connects from the first
 * millisecond (a connect every millisecond adds 0.1 ms and costs the child nothing, a request costs it CPU), one real
 * probe as soon as one is accepted, all raced against the child's exit.
 */
export async function awaitReady(options: AwaitReadyOptions): Promise<ReadyOutcome> {
  const over = new AbortController();
  const end = (reason: NotReady): void => over.abort(reason);
  const timer = setTimeout(
    () => end({ reason: 'error', error: tooLate(options, watch) }),
    options.deadlineMs,
  );
  const cancel = (): void => end({ reason: 'error', error: deployCancelled(options.signal.reason) });
  const watch: Watch = {
    seen: null,
    asked: new Map(),
    strangeSince: null,
    accepted: false,
    announced: false,
    end,
  };
  if (options.signal.aborted) cancel();
  else options.signal.addEventListener('abort', cancel, { once: true });
  void options.handle.exited.then(() => end({ reason: 'exited' }));
  const wake = wakeUp(options, end);
  try {
    // A probe that does not heed its signal must not hold the deadline up.
    const host = await untilAborted(poll(options, watch, wake, over.signal), over.signal);
    return { ready: true, host };
  } catch (error) {
    if (!over.signal.aborted) throw error;
    const reason = over.signal.reason as NotReady;
    if (reason.reason === 'error' && reason.error.code === 'SERVER_NOT_READY') {
      return { ready: false, reason: 'error', error: await elsewhere(options, watch, reason.error) };
    }
    return { ready: false, ...reason };
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', cancel);
  }
}

interface Watch {
  /** What the last look saw, for the error; `null` before the first is over. */
  seen: Seen | null;
  /** Probes that have not answered yet, and when they were asked, in ms of `performance.now()`. */
  asked: Map<HealthProbePlugin, number>;
  strangeSince: number | null;
  /** A connection was accepted where the server is to answer. */
  accepted: boolean;
  /** The server itself said that it is ready. */
  announced: boolean;
  end(reason: NotReady): void;
}

/** Without a probe it is something else that hinders. */
type Seen = Pick<Complaint, 'message'> & Partial<Complaint>;

async function poll(
  options: AwaitReadyOptions,
  watch: Watch,
  wake: Promise<void>,
  signal: AbortSignal,
): Promise<string> {
  const { port, socketPath } = options.target;
  const since = performance.now();
  let probePause = 10;
  void wake.then(() => {
    watch.announced = true;
  });
  for (;;) {
    const host = await untilAccepts({ port, socketPath, since, announced: wake, signal });
    watch.accepted = true;
    const ready = await look(options, watch, host, signal);
    if (ready !== null) return ready;
    await delay(probePause, undefined, { signal });
    probePause = Math.min(probePause * 2, options.maxPauseMs);
  }
}

async function look(
  options: AwaitReadyOptions,
  watch: Watch,
  connected: string,
  signal: AbortSignal,
): Promise<string | null> {
  const { handle, target } = options;
  // Where no health path is known, a server's own word and a port that accepts are all there is to know: a request
  // to a guessed path would only cost it time.
  const probe = watch.announced && target.optionalPath ? acceptsIsEnough : probeAll;
  const [seen, sockets] = await Promise.all([
    probe(options, watch, connected, signal),
    handle.listening(target.port),
  ]);
  signal.throwIfAborted();
  const bound = sockets === null ? connected : ownedHost(sockets, target.port, connected);
  if (bound === null) {
    watch.seen = { message: `port ${target.port} is answered by a process that is not part of the server` };
    watch.strangeSince ??= performance.now();
    if (performance.now() - watch.strangeSince > strangerPatienceMs) {
      watch.end({ reason: 'stranger' });
    }
    return null;
  }
  watch.strangeSince = null;
  const problem = bound === connected ? seen : await probe(options, watch, bound, signal);
  signal.throwIfAborted();
  if (problem !== null) {
    watch.seen = problem;
    return null;
  }
  return handle.exit() === null ? bound : null;
}

function acceptsIsEnough(): Promise<null> {
  return Promise.resolve(null);
}

/** What is wrong, `null` for nothing. */
async function probeAll(
  { probes, target, probeTimeoutMs }: AwaitReadyOptions,
  { asked }: Watch,
  host: string,
  signal: AbortSignal,
): Promise<Complaint | null> {
  const results = await withLimit(signal, probeTimeoutMs, (limit) =>
    Promise.all(
      probes.map(async (probe) => {
        asked.set(probe, performance.now());
        const answer = await askInTime(probe, { ...target, host }, limit, probeTimeoutMs);
        asked.delete(probe);
        return answer;
      }),
    ),
  );
  return firstComplaint(probes, results);
}

function wakeUp(options: AwaitReadyOptions, end: (reason: NotReady) => void): Promise<void> {
  const { port: wanted } = options.target;
  return options.announced.then(({ port }) => {
    if (port !== undefined && port !== wanted) end({ reason: 'error', error: wrongPort(wanted, [port]) });
  });
}

/** At the deadline: does the server listen somewhere else? */
async function elsewhere(
  { handle, target }: AwaitReadyOptions,
  { accepted }: Watch,
  late: ProjectRunnerError,
): Promise<ProjectRunnerError> {
  const sockets = (await handle.listening()) ?? [];
  // A socket that was inherited listens already, whether the server uses it or not.
  const isUsed = target.socketPath === undefined || accepted;
  const ports = new Set(sockets.map((socket) => socket.port));
  if (!isUsed) ports.delete(target.port);
  return ports.size > 0 && !ports.has(target.port) ? wrongPort(target.port, [...ports]) : late;
}

function wrongPort(wanted: number, found: readonly number[]): ProjectRunnerError {
  return new ProjectRunnerError(
    'SERVER_WRONG_PORT',
    `The server was told to listen on port ${wanted} and listens on ${found.join(', ')}`,
    {
      hint: 'Let the server read its port from the variable PORT; a port in its code or configuration wins over it',
    },
  );
}

function tooLate({ deadlineMs, target }: AwaitReadyOptions, watch: Watch): ProjectRunnerError {
  const { message, probe } = watch.seen ?? unanswered(watch, target.port);
  // What a probe asks by an option of its own, no setting of the runner changes.
  const setPath =
    probe?.path === undefined
      ? 'set healthCheck.endpoint to its own path'
      : `set path of ${pluginKey(probe)}, now ${probe.path}, to one of its own`;
  return new ProjectRunnerError(
    'SERVER_NOT_READY',
    `The server was not healthy within ${deadlineMs} ms; last seen: ${message}`,
    { hint: `See the log of the server; give it more time with healthCheckTimeoutMs, or ${setPath}` },
  );
}

/** Not one look is over. */
function unanswered({ asked, accepted }: Watch, port: number): Seen {
  const [first] = asked;
  if (first) {
    const [probe, since] = first;
    return { probe, message: notInTime(probe, performance.now() - since) };
  }
  return {
    message: accepted ? `port ${port} accepts connections` : `nothing accepts connections on port ${port}`,
  };
}
