import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { callPlugin, ProjectRunnerError } from '@project-runner/core';
import type {
  Build,
  Deployment,
  FrameworkPlugin,
  LogSession,
  PluginSet,
  Project,
  RunningServer,
  RunOptions,
} from '@project-runner/core';

import { readRelease, releaseDir } from '../build/release.ts';
import type { ResolvedConfig } from '../config.ts';
import { snapshotDirectory } from '../detect/snapshot-directory.ts';
import { baseEnvironment } from '../environment/base-environment.ts';
import { readEnvFiles } from '../environment/read-env-files.ts';
import { storedVariables } from '../environment/stored-variables.ts';
import type { LogPipeline } from '../logs/log-pipeline.ts';
import { envVars } from '../resolve-config.ts';
import type { ServerInstance } from './server-instance.ts';
import { startServer } from './start-server.ts';

export interface DeployServerOptions {
  config: ResolvedConfig;
  plugins: PluginSet;
  project: Project;
  deployment: Deployment;
  build: Build;
  options: RunOptions;
  signal: AbortSignal;
  openLogs(session: LogSession): LogPipeline;
}

/**
 * Starts a kept release as a server of a deployment and answers when it is healthy.
 * @throws ProjectRunnerError `RELEASE_MISSING`, `ENV_FILE_INVALID`, and those of `startServer`
 */
export async function deployServer(request: DeployServerOptions): Promise<ServerInstance> {
  const { config, plugins, project, deployment, build, options } = request;
  const startedAt = new Date();
  const release = await readRelease(releaseDir(config.buildDir, project.id, build.id));
  const framework = frameworkOf(plugins, release.framework);
  const snapshot = snapshotDirectory(release.projectDir, release.rootDir);
  const plan = callPlugin(framework, 'start', () => framework.start(snapshot));
  const session = {
    serverId: randomUUID(),
    deploymentId: deployment.id,
    projectId: project.id,
    buildId: build.id,
  };
  const data = await dataFolder(config.dataDir, deployment.id);
  const { healthCheck } = config;
  const probePath = healthCheck.endpointGiven ? undefined : framework.healthPath;
  const started = await startServer({
    plugins,
    framework,
    plan,
    session,
    cwd: plan.cwd === 'data' ? data : release.projectDir,
    env: await userVariables(request, release.projectDir, data),
    port: options.port,
    probePath: probePath ?? healthCheck.endpoint,
    optionalPath: probePath === undefined && !healthCheck.endpointGiven,
    deadlineMs: options.healthCheckTimeoutMs ?? healthCheck.maxRetries * healthCheck.retryIntervalMs,
    maxPauseMs: healthCheck.retryIntervalMs,
    probeTimeoutMs: healthCheck.timeoutMs,
    signal: request.signal,
    openLogs: () => request.openLogs(session),
  });
  const server: RunningServer = {
    id: session.serverId,
    deploymentId: deployment.id,
    buildId: build.id,
    processId: started.handle.ref.pid,
    containerId: null,
    host: started.target.host,
    port: started.lease.port,
    healthStatus: 'starting',
    lastHealthCheck: null,
    memoryUsageMb: null,
    cpuPercent: null,
    startedAt,
    stoppedAt: null,
  };
  return { ...started, session, drainSeconds: framework.drainSeconds, server, state: 'starting' };
}

function frameworkOf(plugins: PluginSet, name: string): FrameworkPlugin {
  const frameworks = plugins.all('framework');
  const found = frameworks.find((plugin) => plugin.name === name);
  if (found) return found;
  throw new ProjectRunnerError(
    'PLUGIN_MISSING',
    `the release was built with the framework plugin ${name}, which is not among ${frameworks.map((plugin) => plugin.name).join(', ') || 'none'}`,
    { hint: 'Give the runner the same framework plugins, or build again' },
  );
}

/** The same over all releases of a deployment: what a server writes beside itself is found again. */
async function dataFolder(dataDir: string, deploymentId: string): Promise<string> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(deploymentId)) {
    throw new TypeError(
      `deployment.id must be letters, digits, ".", "_" and "-"; found ${JSON.stringify(deploymentId)}`,
    );
  }
  const dir = join(dataDir, deploymentId);
  await mkdir(dir, { recursive: true, mode: 0o700 });
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
  };
}
