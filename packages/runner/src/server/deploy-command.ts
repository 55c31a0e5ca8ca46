import { randomUUID } from 'node:crypto';

import type { RunOptions } from '@project-runner/core';

import { resolveNode, withNodeOnPath } from '../build/run-build-command.ts';
import { whole, text, wrong } from '../check-value.ts';
import type { ResolvedConfig } from '../config.ts';
import { baseEnvironment } from '../environment/base-environment.ts';
import { readEnvFiles } from '../environment/read-env-files.ts';
import { envVars } from '../resolve-config.ts';
import { mergeLimits } from '../resolve-limits.ts';
import { untilAborted } from '../within.ts';
import { launchServer } from './launch-server.ts';
import type { LaunchServerOptions } from './launch-server.ts';
import { withHeapLimit } from './limits.ts';
import type { CommandDeployment, ServerCommand } from './server-command.ts';
import type { ServerSupervisor } from './server-supervisor.ts';
import type { ServerPlan } from './supervisor-options.ts';

export interface DeployCommandOptions extends Pick<
  LaunchServerOptions,
  'context' | 'logs' | 'signal' | 'replaces' | 'track'
> {
  config: ResolvedConfig;
  deployment: CommandDeployment;
  command(): ServerCommand | Promise<ServerCommand>;
  options: RunOptions;
}

/**
 * Starts a command as the server of a deployment and answers when it is healthy.
 * @throws whatever `command` throws; ProjectRunnerError `CONFIG_INVALID`, `PLUGIN_MISSING`, `ENV_FILE_INVALID`,
 * `STATE_UNWRITABLE`, and those of `startServer`
 */
export async function deployCommand(request: DeployCommandOptions): Promise<ServerSupervisor> {
  const { deployment, signal, options } = request;
  const { launch, env, secretNames } = await untilAborted(planCommand(request), signal);
  return launchServer({
    ...request,
    session: {
      serverId: randomUUID(),
      deploymentId: deployment.id,
      projectId: deployment.projectId,
      // Nothing was built.
      buildId: deployment.id,
    },
    launch,
    env,
    secretNames,
    held: null,
    replan: () => planCommand(request),
    deadlineMs: options.healthCheckTimeoutMs,
  });
}

async function planCommand({
  config,
  context,
  options,
  ...request
}: DeployCommandOptions): Promise<ServerPlan> {
  const command = await request.command();
  checkCommand(command);
  const framework = context.frameworkOf(command.framework ?? 'node');
  const { healthCheck } = config;
  const frameworkPath = healthCheck.endpointGiven ? undefined : framework.healthPath;
  const healthPath = command.healthPath ?? frameworkPath;
  const limits = mergeLimits(config.limits, options.limits);
  const variables = {
    NODE_ENV: 'production',
    ...baseEnvironment(),
    ...(config.envFiles ? await readEnvFiles(command.cwd) : {}),
    ...config.globalEnvVars,
    ...command.env,
    ...envVars('envVars', options.envVars),
    ...command.secrets,
    ...envVars('secrets', options.secrets),
  };
  return {
    launch: {
      framework: framework.name,
      file: resolveNode(command.file),
      args: command.args ?? [],
      cwd: command.cwd,
      ipc: framework.readyMessage !== undefined,
      takesSocket: resolveNode(command.file) === process.execPath,
      probePath: healthPath ?? healthCheck.endpoint,
      optionalPath: healthPath === undefined && !healthCheck.endpointGiven,
      fixedPort: options.port ?? null,
      drainSeconds: command.drainSeconds ?? framework.drainSeconds,
      limits,
    },
    env: withHeapLimit(withNodeOnPath(variables), limits),
    secretNames: [...Object.keys(command.secrets ?? {}), ...Object.keys(options.secrets ?? {})],
  };
}

function checkCommand({ file, args = [], cwd, env, secrets, healthPath, drainSeconds }: ServerCommand): void {
  for (const [key, value] of Object.entries({ file, cwd })) {
    if (text(`command.${key}`, value) === undefined) throw wrong(`command.${key}`, value, 'a string');
  }
  if (!Array.isArray(args) || args.some((arg) => typeof arg !== 'string')) {
    throw wrong('command.args', args, 'a list of strings');
  }
  if (healthPath !== undefined && !healthPath.startsWith('/')) {
    throw wrong('command.healthPath', healthPath, 'a path that starts with "/"');
  }
  whole('command.drainSeconds', drainSeconds, 0, 28);
  envVars('command.env', env);
  envVars('command.secrets', secrets);
}
