import { randomUUID } from 'node:crypto';

import type {
  Build,
  Deployment,
  EdgeRouter,
  Project,
  ProjectRunner,
  RunningServer,
} from '@project-runner/core';

/** What MastraAdmin does with a runner, in small: a queue of builds, deploys, redeploys and stops. */
export interface Admin {
  /** Queues a build and deploys what it makes; resolves when the server serves. */
  release(project: Project, deployment: Deployment): Promise<RunningServer>;
  stop(deployment: Deployment): Promise<void>;
  /** Lines of all servers, as the host's live view shows them. */
  readonly lines: string[];
}

export function createAdmin(runner: ProjectRunner, router: EdgeRouter): Admin {
  const servers = new Map<string, RunningServer>();
  const lines: string[] = [];
  let queue: Promise<unknown> = Promise.resolve();
  runner.setSource({ getProjectPath: ({ path }) => Promise.resolve(path) });
  runner.setRouter(router);
  runner.setOnServerLog((serverId, line, stream) => lines.push(`${serverId} ${stream} ${line}`));

  const buildAndDeploy = async (project: Project, deployment: Deployment): Promise<RunningServer> => {
    const build = await runner.build(project, newBuild(deployment), { envVars: {} });
    // A build that was cancelled or timed out is `failed`, too; everything else is deployed.
    if (build.status === 'failed') throw new Error(build.errorMessage ?? 'the build failed');
    const server = await runner.deploy(project, deployment, build, { envVars: {} });
    servers.set(deployment.id, server);
    return server;
  };

  return {
    lines,
    release(project, deployment) {
      const result = queue.then(() => buildAndDeploy(project, deployment));
      queue = result.catch(() => undefined);
      return result;
    },
    async stop(deployment) {
      const server = servers.get(deployment.id);
      servers.delete(deployment.id);
      if (server) await runner.stop(server);
    },
  };
}

function newBuild({ id: deploymentId }: Deployment): Build {
  return {
    id: randomUUID(),
    deploymentId,
    trigger: 'manual',
    triggeredBy: null,
    commitSha: null,
    commitMessage: null,
    status: 'queued',
    logs: '',
    queuedAt: new Date(),
    startedAt: null,
    completedAt: null,
    errorMessage: null,
  };
}
