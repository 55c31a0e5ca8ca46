import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { callPlugin, ProjectRunnerError } from '@project-runner/core';
import type { Build, Deployment, LogSession, Project, RunningServer, RunOptions } from '@project-runner/core';

import { holdRelease } from '../build/hold-release.ts';
import type { HeldRelease } from '../build/hold-release.ts';
import { releaseDir } from '../build/release.ts';
import type { Release } from '../build/release.ts';
import { resolveNode, withNodeOnPath } from '../build/run-build-command.ts';
import type { ResolvedConfig } from '../config.ts';
import { snapshotDirectory } from '../detect/snapshot-directory.ts';
import { baseEnvironment } from '../environment/base-environment.ts';
import { readEnvFiles } from '../environment/read-env-files.ts';
import { storedVariables } from '../environment/stored-variables.ts';
import { createLogJournal } from '../logs/log-journal.ts';
import type { LogJournal } from '../logs/log-journal.ts';
import { createSecretMask } from '../logs/secret-mask.ts';
import { secretValues } from '../logs/secret-values.ts';
import { envVars } from '../resolve-config.ts';
import { mergeLimits } from '../resolve-limits.ts';
import { withHeapLimit } from './limits.ts';
import { secretNames } from '../environment/secret-names.ts';
import type { ServerLogs } from './server-logs.ts';
import type { StoredLaunch, StoredServer } from './server-state.ts';
import { ServerSupervisor } from './server-supervisor.ts';
import type { SupervisionContext } from './supervision-context.ts';

export interface DeployServerOptions {
  config: ResolvedConfig;
  context: SupervisionContext;
  logs: ServerLogs;
  project: Project;
  deployment: Deployment;
  build: Build;
  options: RunOptions;
  signal: AbortSignal;
  /** Servers of the deployment that run until this one has the traffic. */
  replaces: readonly string[];
  /** Called as soon as there is something to stop. */
  track(supervisor: ServerSupervisor): void;
}

/**
 * Starts a kept release as a server of a deployment and answers when it is healthy.
 * @throws ProjectRunnerError `RELEASE_MISSING`, `ENV_FILE_INVALID`, `STATE_UNWRITABLE`, and those of `startServer`
 */
export async function deployServer(request: DeployServerOptions): Promise<ServerSupervisor> {
  const { config, project, build, signal } = request;
  const dir = releaseDir(config.buildDir, project.id, build.id);
  const held = await holdRelease(dir, config.buildDir, signal);
  try {
    return await startRelease(request, held);
  } catch (error) {
    held.end();
    throw error;
  }
}

async function startRelease(request: DeployServerOptions, held: HeldRelease): Promise<ServerSupervisor> {
  const { config, context, deployment, project, build } = request;
  const { release } = held;
  const data = await dataFolder(config.dataDir, deployment.id);
  const launch = planLaunch(request, release, data);
  const limits = mergeLimits(config.limits, request.options.limits);
  const variables = {
    NODE_ENV: 'production',
    ...launch.env,
    ...(await userVariables(request, release.projectDir, data)),
  };
  const env = withHeapLimit(withNodeOnPath(variables), limits);
  const session: LogSession = {
    serverId: randomUUID(),
    deploymentId: deployment.id,
    projectId: project.id,
    buildId: build.id,
  };
  const secrets = secretNames(request.project, request.deployment, request.options);
  const stored: StoredServer = {
    formatVersion: 1,
    server: newRecord(session),
    session,
    state: 'starting',
    servesAt: null,
    replaces: request.replaces,
    run: 0,
    ref: null,
    restarts: 0,
    lastExit: null,
    lastError: null,
    launch: { ...launch.stored, limits },
    secretNames: secrets,
  };
  const disown = keep(stored, context, held);
  const journal = createJournal(stored, context);
  const mask = createSecretMask(secretValues(secrets, env, context.logger));
  const logs = request.logs.open(session, { mask, ...(journal ? { journal } : {}) });
  const timing = { ...context.timing, ...deadline(request.options) };
  const supervisor = new ServerSupervisor({ context: { ...context, timing }, stored, env, logs, disown });
  request.track(supervisor);
  await supervisor.start(request.signal);
  return supervisor;
}

function planLaunch(
  { config, context, options }: DeployServerOptions,
  release: Release,
  data: string,
): { stored: StoredLaunch; env: Readonly<Record<string, string>> } {
  const framework = context.frameworkOf(release.framework);
  const snapshot = snapshotDirectory(release.projectDir, release.rootDir);
  const plan = callPlugin(framework, 'start', () => framework.start(snapshot));
  const { healthCheck } = config;
  const frameworkPath = healthCheck.endpointGiven ? undefined : framework.healthPath;
  return {
    env: plan.command.env ?? {},
    stored: {
      framework: framework.name,
      file: resolveNode(plan.command.file),
      args: plan.command.args,
      cwd: plan.cwd === 'data' ? data : release.projectDir,
      ipc: framework.readyMessage !== undefined,
      takesSocket: plan.command.file === 'node' && plan.wrapped !== true,
      probePath: frameworkPath ?? healthCheck.endpoint,
      optionalPath: frameworkPath === undefined && !healthCheck.endpointGiven,
      fixedPort: options.port ?? null,
      drainSeconds: framework.drainSeconds,
    },
  };
}

function deadline({ healthCheckTimeoutMs }: RunOptions): { deadlineMs?: number } {
  return healthCheckTimeoutMs === undefined ? {} : { deadlineMs: healthCheckTimeoutMs };
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
function keep(stored: StoredServer, { store, durable }: SupervisionContext, held: HeldRelease): () => void {
  if (!durable) return held.end;
  const { id } = stored.server;
  let disown: (() => void) | null = null;
  try {
    disown = store.claim(id);
    if (!disown) throw new Error(`the id ${id} is in use`);
    store.write(stored);
    held.holdAsLongAs(dirname(store.journalFile(id)));
    return disown;
  } catch (error) {
    store.remove(id);
    disown?.();
    throw stateUnwritable(error);
  }
}

function stateUnwritable(cause: unknown): ProjectRunnerError {
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

/** The same over all releases of a deployment: what a server writes beside itself is found again. */
async function dataFolder(dataDir: string, deploymentId: string): Promise<string> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(deploymentId)) {
    throw new TypeError(
      `deployment.id must be letters, digits, ".", "_" and "-"; found ${JSON.stringify(deploymentId)}`,
    );
  }
  const dir = join(dataDir, deploymentId);
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw stateUnwritable(error);
  }
  return dir;
}

/** The more somebody had this one deployment in mind, the later it comes. */
async function userVariables(
  { config, project, deployment, options }: DeployServerOptions,
  projectDir: string,
  data: string,
): Promise<Record<string, string>> {
  return {
    ...baseEnvironment(),
    PROJECT_RUNNER_DATA_DIR: data,
    ...(config.envFiles ? await readEnvFiles(projectDir) : {}),
    ...config.globalEnvVars,
    ...storedVariables(project.envVars),
    ...storedVariables(deployment.envVarOverrides),
    ...envVars('envVars', options.envVars),
    ...envVars('secrets', options.secrets),
  };
}
