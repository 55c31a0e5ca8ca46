import { callPlugin, ProjectRunnerError } from '@project-runner/core';
import type {
  FrameworkPlugin,
  LogSession,
  PluginSet,
  PortLease,
  PortStrategyPlugin,
  ProbeTarget,
  ProcessExit,
  ProcessHandle,
  StartPlan,
} from '@project-runner/core';

import { describeExit } from '../build/install-dependencies.ts';
import { resolveNode, withNodeOnPath } from '../build/run-build-command.ts';
import type { LogPipeline } from '../logs/log-pipeline.ts';
import { awaitReady } from './await-ready.ts';
import type { NotReady } from './await-ready.ts';
import { deployCancelled } from './deploy-cancelled.ts';

export interface StartServerOptions {
  plugins: PluginSet;
  framework: FrameworkPlugin;
  plan: StartPlan;
  session: LogSession;
  /** Absolute. */
  cwd: string;
  /** The server's variables without those of its address. */
  env: Readonly<Record<string, string>>;
  port: number | undefined;
  probePath: string;
  optionalPath: boolean;
  deadlineMs: number;
  maxPauseMs: number;
  probeTimeoutMs: number;
  signal: AbortSignal;
  openLogs(): LogPipeline;
}

export interface StartedServer {
  handle: ProcessHandle;
  lease: PortLease;
  logs: LogPipeline;
  target: ProbeTarget;
}

/** Ports tried before a start is given up because strangers take them. */
const maxPorts = 5;
/** A server that never became ready has nothing to drain. */
const failedStartGraceMs = 5000;
const shownLines = 50;

/**
 * Leases a port, starts the server on it and waits until it answers; another port where a stranger took that one.
 * A start that fails leaves nothing behind: no process, no port.
 * @throws ProjectRunnerError `SERVER_EXITED`, `SERVER_NOT_READY`, `SERVER_WRONG_PORT`, `PORT_UNAVAILABLE`,
 * `PORTS_EXHAUSTED`, `SPAWN_FAILED`, `DEPLOY_CANCELLED`
 */
export async function startServer(options: StartServerOptions): Promise<StartedServer> {
  const strategy = options.plugins.one('port-strategy');
  const taken: number[] = [];
  for (;;) {
    const lease = await acquire(strategy, taken, options);
    try {
      const attempt = await startOn(lease, options);
      if ('started' in attempt) return attempt.started;
      taken.push(lease.port);
      await lease.release();
      if (options.port !== undefined || taken.length >= maxPorts) throw portTaken(taken, attempt.lines);
    } catch (error) {
      await lease.release();
      throw error;
    }
  }
}

async function acquire(
  strategy: PortStrategyPlugin,
  exclude: readonly number[],
  { session, port, signal }: StartServerOptions,
): Promise<PortLease> {
  const request = { exclude, owner: session.serverId, ...(port === undefined ? {} : { port }) };
  try {
    signal.throwIfAborted();
    return await callPlugin(strategy, 'acquire', () => strategy.acquire(request, signal));
  } catch (error) {
    throw signal.aborted ? deployCancelled(signal.reason) : error;
  }
}

type Attempt = { started: StartedServer } | { portTaken: true; lines: readonly string[] };

async function startOn(lease: PortLease, options: StartServerOptions): Promise<Attempt> {
  const { framework, plugins } = options;
  const launcher = plugins.one('launcher');
  const logs = options.openLogs();
  const announced = Promise.withResolvers<{ port?: number }>();
  let handle: ProcessHandle;
  try {
    handle = await callPlugin(launcher, 'launch', () =>
      launcher.launch({
        id: options.session.serverId,
        file: resolveNode(options.plan.command.file),
        args: options.plan.command.args,
        cwd: options.cwd,
        env: serverEnvironment(lease, options),
        ipc: framework.readyMessage !== undefined,
        onOutput: (stream, chunk) => logs.push(stream, chunk),
        onMessage: (message) => {
          const ready = framework.readyMessage?.(message);
          if (ready) announced.resolve(ready);
        },
      }),
    );
  } catch (error) {
    await logs.end();
    throw error;
  }
  const target = { port: lease.port, path: options.probePath, optionalPath: options.optionalPath };
  const outcome = await awaitReady({
    handle,
    target,
    probes: plugins.all('health-probe'),
    announced: announced.promise,
    deadlineMs: options.deadlineMs,
    maxPauseMs: options.maxPauseMs,
    probeTimeoutMs: options.probeTimeoutMs,
    signal: options.signal,
  });
  if (outcome.ready) return { started: { handle, lease, logs, target: { ...target, host: outcome.host } } };
  await handle.stop({ graceMs: failedStartGraceMs });
  await handle.closed;
  await logs.end();
  return giveUp(outcome, handle, await logs.tail(shownLines));
}

/** Throws, unless another port may help. */
function giveUp(outcome: NotReady, handle: ProcessHandle, lines: readonly string[]): Attempt {
  const exit = handle.exit();
  const portWasTaken =
    outcome.reason === 'stranger' ||
    (outcome.reason === 'exited' && lines.some((line) => line.includes('EADDRINUSE')));
  if (portWasTaken) return { portTaken: true, lines };
  if (outcome.reason === 'error') {
    const { code, message, hint, cause } = outcome.error;
    throw new ProjectRunnerError(code, withLines(message, lines), {
      ...(hint ? { hint } : {}),
      ...(cause === undefined ? {} : { cause }),
    });
  }
  throw serverExited(exit ?? { code: null, signal: null }, lines);
}

function serverExited(exit: ProcessExit, lines: readonly string[]): ProjectRunnerError {
  return new ProjectRunnerError(
    'SERVER_EXITED',
    withLines(`The server exited with ${describeExit(exit)} before it was ready`, lines),
  );
}

function portTaken(taken: readonly number[], lines: readonly string[]): ProjectRunnerError {
  return new ProjectRunnerError(
    'PORT_UNAVAILABLE',
    withLines(`Port ${taken.join(', ')} was taken by another process before the server could listen`, lines),
    { hint: 'Stop the other process, or let the runner choose from another portRange' },
  );
}

function withLines(message: string, lines: readonly string[]): string {
  return lines.length === 0
    ? message
    : `${message}. Its last lines:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/** User values first, then what a server must not get wrong: its address. */
function serverEnvironment(lease: PortLease, options: StartServerOptions): Record<string, string> {
  return withNodeOnPath({
    NODE_ENV: 'production',
    ...options.plan.command.env,
    ...options.env,
    ...options.framework.env({ host: lease.host, port: lease.port }),
    ...lease.env,
  });
}
