import type { Build, Deployment, Project, RouteConfig, RunOptions } from '@project-runner/core';

import { SubdomainGenerator } from '../subdomain-generator.ts';
import { deployCommand } from './deploy-command.ts';
import type { DeployCommandOptions } from './deploy-command.ts';
import { deployServer } from './deploy-server.ts';
import type { DeployServerOptions } from './deploy-server.ts';
import type { CommandDeployment } from './server-command.ts';
import type { ServerSupervisor } from './server-supervisor.ts';

export interface ReleaseRequest {
  project: Project;
  deployment: Deployment;
  build: Build;
  options: RunOptions;
}

export type CommandRequest = Pick<DeployCommandOptions, 'command' | 'options'> & {
  deployment: CommandDeployment;
};

/** What a deploy starts: a release, or a command. */
export type DeployRequest = ReleaseRequest | CommandRequest;

const subdomains = new SubdomainGenerator();

/** A release has files of its own. The files of a command are its predecessor's, too: the two must not run at once. */
export function replacesBeside(request: DeployRequest): request is ReleaseRequest {
  return 'build' in request;
}

/** `null`: it gets no route. */
export function routeOf(request: DeployRequest): Pick<RouteConfig, 'projectId' | 'subdomain'> | null {
  if ('build' in request) {
    const { project, deployment } = request;
    return { projectId: project.id, subdomain: subdomains.generate(project, deployment) };
  }
  const { projectId, subdomain } = request.deployment;
  return subdomain === null ? null : { projectId, subdomain };
}

export function startRequested(
  request: DeployRequest,
  shared: Omit<DeployServerOptions, keyof ReleaseRequest>,
): Promise<ServerSupervisor> {
  return 'build' in request
    ? deployServer({ ...shared, ...request })
    : deployCommand({ ...shared, ...request });
}
