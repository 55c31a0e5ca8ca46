import { callPlugin } from '@project-runner/core';
import type {
  FrameworkPlugin,
  LaunchSpec,
  PluginSet,
  PortLease,
  ProbeTarget,
  ProcessExit,
  ProcessHandle,
} from '@project-runner/core';

import type { LogPipeline } from '../logs/log-pipeline.ts';
import type { RunReceiver } from '../logs/run-receiver.ts';
import { acquirePort, releasePort } from './acquire-port.ts';
import { deployCancelled } from './deploy-cancelled.ts';
import { awaitReady } from './await-ready.ts';
import type { ReadyOutcome } from './await-ready.ts';
import { giveUp, portTaken } from './give-up.ts';
import { heldStart } from './held-start.ts';
import type { HeldServerStart } from './held-start.ts';
import { launchLimits } from './limits.ts';
import type { StoredLaunch } from './server-state.ts';
import type { ServerPlan } from './supervisor-options.ts';

export interface StartServerOptions {
  serverId: string;
  deploymentId: string;
  plugins: PluginSet;
  framework: FrameworkPlugin;
  launch: StoredLaunch;
  /** The server's variables without those of its address. */
  env: Readonly<Record<string, string>>;
  timing: StartTiming;
  logs: LogPipeline;
  /** Tried first: the port of the run before. It is the start's to give back. */
  lease: PortLease | null;
  /** Another server of its deployment may be serving. */
  standby: boolean;
  signal: AbortSignal;
  /** Asked first: it is to be started in another way by now. */
  replan?(): Promise<Pick<ServerPlan, 'launch' | 'env'>>;
  /** Called for each process that is about to be started; gives the number of the run and its folder, if it has one. */
  nextRun(lease: PortLease): { run: number; dir?: string };
  /** `probeSocket`: where exactly this process answers, if its port may be shared. */
  onSpawned(handle: ProcessHandle, probeSocket?: string): void;
  /** Called for each of these processes that ended before it was ready. `wanted`: because of the signal. */
  onEnded(exit: ProcessExit, wanted: boolean): void;
}

export interface StartTiming {
  deadlineMs: number;
  /** The longest pause between two probes, in ms. */
  maxPauseMs: number;
  /** One probe, in ms. */
  probeTimeoutMs: number;
}

export interface StartedServer {
  handle: ProcessHandle;
  receiver: RunReceiver;
  lease: PortLease;
  target: ProbeTarget;
}

/** Ports tried before a start is given up because strangers take them. */
const maxPorts = 5;
/** A server that finds the port taken which it was to inherit may be one that cannot: then it gets one to bind. */
const maxHeldPorts = 2;
/** A server that never became ready has nothing to drain. */
const failedStartGraceMs = 5000;
const shownLines = 50;

/**
 * Leases a port, starts the server on it and waits until it answers; another port where a stranger took that one.
 * A start that fails leaves nothing behind: no process, no port.
 * @throws ProjectRunnerError `SERVER_EXITED`, `SERVER_NOT_READY`, `SERVER_WRONG_PORT`, `PORT_UNAVAILABLE`,
 * `PORTS_EXHAUSTED`, `SPAWN_FAILED`, `DEPLOY_CANCELLED`, `PLUGIN_FAILED`
 */
export async function startServer(given: StartServerOptions): Promise<StartedServer> {
  const options = await replanned(given);
  const taken: number[] = [];
  let lease = options.lease;
  let mayInherit = true;
  for (;;) {
    lease ??= await acquirePort(options, taken, mayInherit);
    let attempt: Attempt;
    try {
      attempt = await startOn(lease, options);
    } catch (error) {
      await releasePort(options.plugins, lease);
      throw error;
    }
    if ('started' in attempt) return attempt.started;
    await releasePort(options.plugins, lease);
    taken.push(lease.port);
    const isOnlyOne = options.launch.fixedPort !== null;
    const isLast = isOnlyOne ? !attempt.wasHeld : taken.length >= maxPorts;
    if (isLast) throw portTaken([...new Set(taken)], attempt.lines);
    mayInherit = !isOnlyOne && taken.length < maxHeldPorts;
    lease = null;
  }
}

async function replanned(options: StartServerOptions): Promise<StartServerOptions> {
  try {
    return options.replan ? { ...options, ...(await options.replan()) } : options;
  } catch (error) {
    if (options.lease) await releasePort(options.plugins, options.lease);
    throw options.signal.aborted ? deployCancelled(error) : error;
  }
}

type Attempt = { started: StartedServer } | { portTaken: true; wasHeld: boolean; lines: readonly string[] };

async function startOn(lease: PortLease, options: StartServerOptions): Promise<Attempt> {
  const { launch, logs } = options;
  const announced = Promise.withResolvers<{ port?: number }>();
  const broken = new AbortController();
  const { run, dir } = options.nextRun(lease);
  const receiver = logs.receive(run);
  const held = heldStart(lease, { ...options, run, dir });
  const env = { ...serverEnvironment(lease, options), ...held?.env };
  const launcher = options.plugins.one('launcher');
  const spec: LaunchSpec = {
    id: options.serverId,
    file: launch.file,
    args: [...(held?.args ?? []), ...launch.args],
    cwd: launch.cwd,
    env,
    ipc: launch.ipc,
    ...(held ? { inherit: held.inherit } : {}),
    ...(dir === undefined ? {} : { dir }),
    limits: launchLimits(launch.limits),
    onOutput: receiver.onOutput,
    ...(receiver.memory ? { memory: receiver.memory } : {}),
    ...(receiver.onDropped ? { onDropped: receiver.onDropped } : {}),
    onMessage: (message) => {
      try {
        const ready = callPlugin(options.framework, 'readyMessage', () =>
          options.framework.readyMessage?.(message),
        );
        if (ready) announced.resolve(ready);
      } catch (error) {
        broken.abort(error);
      }
    },
  };
  const handle = await callPlugin(launcher, 'launch', () => launcher.launch(spec));
  receiver.attach(handle);
  if (held) void handle.exited.then(held.remove);
  return untilReady({ handle, receiver, lease, held }, options, {
    announced: announced.promise,
    broken: broken.signal,
  });
}

/** A run that is not ready yet. */
interface StartingServer extends Omit<StartedServer, 'target'> {
  held?: HeldServerStart | null;
  /** Where it answers by itself, of one that an earlier runner started. */
  probeSocket?: string | undefined;
}

/**
 * Waits for a server that an earlier runner was starting, as that one would have: it is ready, or nothing is left of it.
 * @throws as `startServer` does
 */
export async function resumeStart(
  { target: { socketPath }, ...starting }: StartedServer,
  options: StartServerOptions,
): Promise<StartedServer> {
  const { lease } = starting;
  try {
    const attempt = await untilReady(
      { ...starting, probeSocket: socketPath },
      { ...options, onSpawned: () => undefined },
    );
    if ('started' in attempt) return attempt.started;
    throw portTaken([lease.port], attempt.lines);
  } catch (error) {
    await releasePort(options.plugins, lease);
    throw error;
  }
}

/** What its process says over IPC, and what is wrong with the plugin that hears it. */
interface Heard {
  announced: Promise<{ port?: number }>;
  broken: AbortSignal;
}

/** Only its own runner hears a process. */
const nothingHeard: Heard = {
  announced: new Promise(() => undefined),
  broken: new AbortController().signal,
};

async function untilReady(
  { handle, receiver, lease, held, probeSocket = held?.socketPath }: StartingServer,
  options: StartServerOptions,
  { announced, broken } = nothingHeard,
): Promise<Attempt> {
  const { launch, logs } = options;
  const socket = probeSocket === undefined ? {} : { socketPath: probeSocket };
  const target = {
    port: lease.port,
    path: launch.probePath,
    optionalPath: launch.optionalPath,
    ...socket,
  };
  let outcome: ReadyOutcome;
  try {
    options.onSpawned(handle, probeSocket);
    outcome = await awaitReady({
      handle,
      target,
      probes: options.plugins.all('health-probe'),
      announced,
      ...options.timing,
      signal: AbortSignal.any([options.signal, broken]),
    });
    if (!outcome.ready && broken.aborted) throw broken.reason;
    if (outcome.ready) await held?.activate(options.signal);
  } catch (error) {
    // Whatever went wrong, a plugin's mistake included, the process must not outlive it.
    await endStart(handle, receiver, options);
    throw error;
  }
  if (outcome.ready) {
    return { started: { handle, receiver, lease, target: { ...target, host: outcome.host } } };
  }
  await endStart(handle, receiver, options);
  const { limits } = launch;
  const given = giveUp(outcome, handle, { port: lease.port, limits }, await logs.tail(shownLines));
  return { ...given, wasHeld: held !== null && held !== undefined };
}

async function endStart(
  handle: ProcessHandle,
  receiver: RunReceiver,
  { signal, onEnded }: StartServerOptions,
): Promise<void> {
  const wanted = signal.aborted;
  await handle.stop({ graceMs: failedStartGraceMs });
  await handle.closed;
  receiver.end();
  onEnded(await handle.exited, wanted);
}

/** User values first, then what a server must not get wrong: its address. */
function serverEnvironment(
  { host, port, env }: PortLease,
  options: StartServerOptions,
): Record<string, string> {
  const { framework } = options;
  const address = callPlugin(framework, 'env', () => framework.env({ host, port }));
  return { ...options.env, ...address, ...env };
}
