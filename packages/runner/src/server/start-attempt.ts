import { callPlugin } from '@project-runner/core';
import type { LaunchSpec, PortLease, ProcessHandle } from '@project-runner/core';

import type { RunReceiver } from '../logs/run-receiver.ts';
import { activateHeld } from './activate-held.ts';
import { awaitReady } from './await-ready.ts';
import type { ReadyOutcome } from './await-ready.ts';
import { giveUp } from './give-up.ts';
import { heldStart } from './held-start.ts';
import type { HeldServerStart } from './held-start.ts';
import { launchLimits } from './limits.ts';
import { probesFor } from './probes-for.ts';
import type { StartedServer, StartServerOptions } from './start-server.ts';

/** A server that never became ready has nothing to drain. */
const failedStartGraceMs = 5000;
const shownLines = 50;
/** A server that was healthy just before its deadline accepts connections right after it. */
const minActivateMs = 1000;

/** What became of a start on one port. */
export type Attempt =
  | { started: StartedServer }
  | { taken: number; wasHeld: boolean; lines: readonly string[] };

/** Starts the server on a port that is leased. What fails leaves no process. @throws as `startServer` does */
export async function startOn(lease: PortLease, options: StartServerOptions): Promise<Attempt> {
  const { launch, logs } = options;
  const announced = Promise.withResolvers<{ port?: number }>();
  const broken = new AbortController();
  const { run, dir } = options.nextRun(lease);
  const receiver = logs.receive(run);
  const own = serverEnvironment(lease, options);
  const held = heldStart(lease, { ...options, run, dir });
  const env = { ...own, ...held?.env };
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
  let handle: ProcessHandle;
  try {
    handle = await callPlugin(launcher, 'launch', () => launcher.launch(spec));
  } catch (error) {
    held?.remove();
    throw error;
  }
  receiver.attach(handle);
  if (held) void handle.exited.then(held.remove);
  return untilReady({ handle, receiver, lease, held }, options, {
    announced: announced.promise,
    broken: broken.signal,
  });
}

/** A run that is not ready yet. */
export interface StartingServer extends Omit<StartedServer, 'target'> {
  held?: HeldServerStart | null;
  /** Where it answers by itself, of one that an earlier runner started. */
  probeSocket?: string | undefined;
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

/** Waits until it answers, or ends it. @throws as `startServer` does */
export async function untilReady(
  { handle, receiver, lease, held, probeSocket = held?.socketPath }: StartingServer,
  options: StartServerOptions,
  { announced, broken }: Heard = nothingHeard,
): Promise<Attempt> {
  const { launch, logs } = options;
  const socket = probeSocket === undefined ? {} : { socketPath: probeSocket };
  const target = {
    port: lease.port,
    path: launch.probePath,
    optionalPath: launch.optionalPath,
    ...socket,
  };
  const startedAt = performance.now();
  let outcome: ReadyOutcome;
  try {
    options.onSpawned(handle, probeSocket);
    outcome = await awaitReady({
      handle,
      target,
      probes: probesFor(options.plugins, 'startup', 'readiness'),
      announced,
      ...options.timing,
      signal: AbortSignal.any([options.signal, broken]),
    });
    if (!outcome.ready && broken.aborted) throw broken.reason;
    if (outcome.ready && held) {
      const deadlineMs = Math.max(minActivateMs, options.timing.deadlineMs - (performance.now() - startedAt));
      const problem = await activateHeld({ held, handle, deadlineMs, signal: options.signal });
      if (problem) outcome = { ready: false, ...problem };
    }
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
  const given = giveUp(
    outcome,
    handle,
    { ports: lease.ports ?? [lease.port], limits },
    await logs.tail(shownLines),
  );
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
