import { callPlugin } from '@project-runner/core';
import type {
  FrameworkPlugin,
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
import { portTaken } from './give-up.ts';
import type { StoredLaunch } from './server-state.ts';
import { startOn, untilReady } from './start-attempt.ts';
import type { Attempt } from './start-attempt.ts';
import type { ServerPlan } from './supervisor-options.ts';

export interface StartServerOptions {
  serverId: string;
  deploymentId: string;
  projectId: string;
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
  /** Where folders of sockets may be, if their path is too long in that of the run. */
  socketsDir: string | undefined;
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

/**
 * Leases a port, starts the server on it and waits until it answers; another port where a stranger took that one.
 * A start that fails leaves nothing behind: no process, no port.
 * @throws ProjectRunnerError `SERVER_EXITED`, `SERVER_NOT_READY`, `SERVER_WRONG_PORT`, `PORT_UNAVAILABLE`,
 * `PORTS_EXHAUSTED`, `SPAWN_FAILED`, `DEPLOY_CANCELLED`, `PLUGIN_FAILED`
 */
export async function startServer(given: StartServerOptions): Promise<StartedServer> {
  const options = await replanned(given);
  const tried: number[] = [];
  const taken: number[] = [];
  let lease = options.lease && (await stillFree(options.lease, options));
  let mayInherit = true;
  for (;;) {
    lease ??= await acquirePort(options, tried, mayInherit);
    let attempt: Attempt;
    try {
      attempt = await startOn(lease, options);
    } catch (error) {
      await releasePort(options.plugins, lease);
      throw error;
    }
    if ('started' in attempt) return attempt.started;
    await releasePort(options.plugins, lease);
    tried.push(lease.port);
    taken.push(attempt.taken);
    const isOnlyOne = options.launch.fixedPort !== null;
    const isLast = isOnlyOne ? !attempt.wasHeld : tried.length >= maxPorts;
    if (isLast) throw portTaken([...new Set(taken)], attempt.lines);
    mayInherit = !isOnlyOne && tried.length < maxHeldPorts;
    lease = null;
  }
}

/** A lease that the server had; `null` where somebody took a port of it while it was away. */
async function stillFree(lease: PortLease, { plugins }: StartServerOptions): Promise<PortLease | null> {
  if (!lease.isFree) return lease;
  let isFree = false;
  try {
    isFree = await callPlugin(plugins.one('port-strategy'), 'isFree', () => lease.isFree?.() ?? true);
  } finally {
    if (!isFree) await releasePort(plugins, lease);
  }
  return isFree ? lease : null;
}

async function replanned(options: StartServerOptions): Promise<StartServerOptions> {
  try {
    return options.replan ? { ...options, ...(await options.replan()) } : options;
  } catch (error) {
    if (options.lease) await releasePort(options.plugins, options.lease);
    throw options.signal.aborted ? deployCancelled(error) : error;
  }
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
    throw portTaken([attempt.taken], attempt.lines);
  } catch (error) {
    await releasePort(options.plugins, lease);
    throw error;
  }
}
