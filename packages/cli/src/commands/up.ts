import { ProjectRunnerError } from '@project-runner/core';
import type { Build, ProcessExit, RunningServer } from '@project-runner/core';

import type { CliIo } from '../cli-io.ts';
import { exitCodes } from '../exit-codes.ts';
import { createReporter } from '../output/reporter.ts';
import type { Reporter } from '../output/reporter.ts';
import { checkPort } from '../project/check-port.ts';
import type { OpenedProject } from '../project/open-project.ts';
import type { StopRequests } from '../stop-requests.ts';
import { buildProject, interrupted } from './build-project.ts';
import { defaultPaths } from './default-paths.ts';
import { makeRequests } from './make-requests.ts';
import { originOf } from './origin-of.ts';
import type { ProjectOptions } from './project-options.ts';
import { withProject } from './with-project.ts';

export interface UpOptions extends ProjectOptions {
  port?: number;
  /** In ms. */
  startTimeout?: number;
  once?: boolean;
  request?: string[];
}

/** `project-runner up`: builds, deploys, streams the server's log until it is stopped. Answers the exit code. */
export async function up(path: string, options: UpOptions, io: CliIo): Promise<number> {
  const { json = false, verbose = false } = options;
  const reporter = createReporter(io, { json, verbose });
  return withProject(path, options, io, reporter, async (opened, stop) => {
    await stopLeftovers(opened, reporter);
    const refused = await refusePort(opened, options, reporter, stop);
    if (refused !== undefined) return refused;
    const build = await buildProject(opened, options, reporter, stop);
    if (typeof build === 'number') return build;
    const server = await deploy(opened, build, options, reporter, stop);
    if (typeof server === 'number') return server;
    const exited = opened.processes.find(server.processId)?.exited ?? new Promise<never>(() => {});
    const outcome = await Promise.race([
      exited.then((exit) => ({ exit })),
      stopRequested(stop),
      ...(options.once ? [requests(server, opened, options, reporter, stop.signal)] : []),
    ]);
    // A stop that was asked for ends the server, too: then its exit is no news.
    if (typeof outcome === 'object' && !stop.reason())
      return exitedByItself(outcome.exit, server, opened, reporter);
    await opened.runner.stop(server);
    reporter.stopped();
    return typeof outcome === 'number' && !stop.reason() ? outcome : exitCodes.ok;
  });
}

/** A command that was killed could not stop its server, and nobody else looks after it. */
async function stopLeftovers({ runner }: OpenedProject, reporter: Reporter): Promise<void> {
  const left = new Map<string, RunningServer>();
  // One that was still starting is ended by the runner itself, which answers only those that are to stay.
  const unlisten = runner.on('adopted', ({ server }) => left.set(server.id, server));
  for (const server of await runner.recover()) left.set(server.id, server);
  unlisten();
  for (const server of left.values()) {
    // Joins the end that is under way.
    await runner.stop(server);
    reporter.notice(
      `Stopped process ${server.processId} on port ${server.port}: a command that was killed had left it`,
    );
  }
}

/** The exit code where the port asked for is not to be had. */
async function refusePort(
  opened: OpenedProject,
  { port }: UpOptions,
  reporter: Reporter,
  stop: StopRequests,
): Promise<number | undefined> {
  try {
    if (port !== undefined) await checkPort(opened.ports, port, stop.signal);
    return undefined;
  } catch (error) {
    const reason = stop.reason();
    if (reason) return interrupted(reason, reporter);
    if (!ProjectRunnerError.is(error)) throw error;
    reporter.error(error);
    return exitCodes.deployFailed;
  }
}

async function requests(
  server: RunningServer,
  opened: OpenedProject,
  options: UpOptions,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<number> {
  const paths = options.request ?? (await defaultPaths(server, opened.probes.path(), signal));
  return makeRequests(server, paths, reporter, signal);
}

async function deploy(
  opened: OpenedProject,
  build: Build,
  options: UpOptions,
  reporter: Reporter,
  stop: StopRequests,
): Promise<RunningServer | number> {
  const { runner, project, deployment, variables, secrets } = opened;
  reporter.stage('Starting the server');
  runner.setOnServerLog((_serverId, line, stream) => reporter.log(stream, line));
  try {
    const server = await runner.deploy(project, deployment, build, {
      envVars: variables,
      secrets,
      signal: stop.signal,
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.startTimeout === undefined ? {} : { healthCheckTimeoutMs: options.startTimeout }),
    });
    const { port, processId, id } = server;
    const url = originOf(server);
    reporter.ready({ url, port, pid: processId, serverId: id, logFile: opened.serverLogs.fileOf(id) });
    return server;
  } catch (error) {
    const reason = stop.reason();
    if (reason) return interrupted(reason, reporter);
    if (!ProjectRunnerError.is(error)) throw error;
    const logFile = opened.serverLogs.newest() ?? undefined;
    reporter.error(error, { logFile, rewrite: opened.userPaths });
    return exitCodes.deployFailed;
  }
}

function stopRequested(stop: StopRequests): Promise<'stop'> {
  return new Promise((resolve) => {
    if (stop.signal.aborted) resolve('stop');
    stop.signal.addEventListener('abort', () => resolve('stop'), { once: true });
  });
}

async function exitedByItself(
  exit: ProcessExit,
  server: RunningServer,
  opened: OpenedProject,
  reporter: Reporter,
): Promise<number> {
  // Its last words come first.
  await opened.runner.shutdown();
  const how = exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
  reporter.error(
    new ProjectRunnerError('SERVER_EXITED', `The server exited by itself with ${how}`, {
      hint: 'Its last lines above may say why',
    }),
    { logFile: opened.serverLogs.fileOf(server.id) ?? undefined },
  );
  return exitCodes.serverExited;
}
