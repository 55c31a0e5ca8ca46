import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { callPlugin } from '@project-runner/core';
import type { Build, Deployment, DirectorySnapshot, Project, RunOptions } from '@project-runner/core';

import { holdRelease } from '../build/hold-release.ts';
import type { HeldRelease } from '../build/hold-release.ts';
import { releaseDir } from '../build/release.ts';
import type { Release } from '../build/release.ts';
import { resolveNode } from '../build/run-build-command.ts';
import type { ResolvedConfig } from '../config.ts';
import { snapshotDirectory } from '../detect/snapshot-directory.ts';
import { readProjectOptions } from '../project-options/read-project-options.ts';
import { mergeLimits } from '../resolve-limits.ts';
import { secretNames } from '../environment/secret-names.ts';
import { launchServer, stateUnwritable } from './launch-server.ts';
import type { LaunchServerOptions } from './launch-server.ts';
import type { StoredLaunch } from './server-state.ts';
import type { ServerSupervisor } from './server-supervisor.ts';
import { serverVariables } from './server-variables.ts';

export interface DeployServerOptions extends Pick<
  LaunchServerOptions,
  'context' | 'logs' | 'signal' | 'replaces' | 'track'
> {
  config: ResolvedConfig;
  project: Project;
  deployment: Deployment;
  build: Build;
  options: RunOptions;
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

async function startRelease(given: DeployServerOptions, held: HeldRelease): Promise<ServerSupervisor> {
  const { config, deployment, project, build } = given;
  const { release } = held;
  const snapshot = snapshotDirectory(release.projectDir, release.rootDir);
  const projectOptions = readProjectOptions(snapshot, config.projectOptions);
  const request = { ...given, context: given.context.forProject(projectOptions) };
  const data = await dataFolder(config.dataDir, deployment.id);
  const launch = planLaunch(request, { release, snapshot, data });
  const limits = mergeLimits(config.limits, request.options.limits);
  const env = await serverVariables({
    ...request,
    limits,
    ofCommand: launch.env,
    projectDir: release.projectDir,
    dataDir: data,
  });
  return launchServer({
    ...request,
    session: {
      serverId: randomUUID(),
      deploymentId: deployment.id,
      projectId: project.id,
      buildId: build.id,
    },
    launch: { ...launch.stored, limits, projectOptions },
    env,
    secretNames: secretNames(project, deployment, request.options),
    held,
    deadlineMs: request.options.healthCheckTimeoutMs,
  });
}

function planLaunch(
  { config, context, options }: DeployServerOptions,
  { release, snapshot, data }: { release: Release; snapshot: DirectorySnapshot; data: string },
): { stored: StoredLaunch; env: Readonly<Record<string, string>> | undefined } {
  const framework = context.frameworkOf(release.framework);
  const plan = callPlugin(framework, 'start', () => framework.start(snapshot));
  const { healthCheck } = config;
  const frameworkPath = healthCheck.endpointGiven ? undefined : framework.healthPath;
  return {
    env: plan.command.env,
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
