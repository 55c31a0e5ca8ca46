import { ProjectRunnerError } from '@project-runner/core';
import { LocalProcessRunner, resolveConfig, stopOnSignals } from '@project-runner/runner';

import type { Activator } from './activator.ts';
import type { ActivatorOptions } from './activator-options.ts';
import { findProject, mustFindProject } from './find-project.ts';
import { Holds } from './holds.ts';
import { IdleEviction } from './idle-eviction.ts';
import { localPath, localUrl } from './local-url.ts';
import { planSpawn } from './plan-spawn.ts';
import type { PlanSpawnOptions } from './plan-spawn.ts';
import { notFound } from './project-errors.ts';
import { ProjectServer } from './project-server.ts';
import { sleepingStatus } from './project-status.ts';
import type { ProjectStatus } from './project-status.ts';
import { Projects } from './projects.ts';
import type { KnownProject } from './projects.ts';
import { resolveOptions } from './resolve-options.ts';
import type { ResolvedOptions } from './resolve-options.ts';
import { latest, routeActivity } from './route-activity.ts';
import { findBin } from './runtime-bin.ts';
import { deriveRuntimeToken } from './runtime-tokens.ts';
import { followServers } from './server-events.ts';
import { StartPause } from './start-pause.ts';
import { stopLeftServers } from './stop-left-servers.ts';

/**
 * Resolves when the runtime was found and what an earlier process left is on its way out.
 * @throws ProjectRunnerError `CONFIG_INVALID`; `SPAWN_FAILED` where the runtime of `resolveBin` cannot be run
 */
export async function createActivator(written: ActivatorOptions = {}): Promise<Activator> {
  const options = resolveOptions(written);
  const { router, logger } = options;
  const { restart } = resolveConfig(options.runner);
  const runner = new LocalProcessRunner(options.runner);
  if (router) runner.setRouter(router);
  const spawning = spawnOptions(options);
  if (spawning.runtime) await findBin(options);

  const ask = options.findProject;
  const projects = new Projects();
  const holds = new Holds();
  const eviction = new IdleEviction({
    router,
    logger,
    servers: () => projects.started(),
    idleTimeoutMs: (id) => projects.get(id)?.config.idleTimeoutMs ?? options.idleTimeoutMs,
    isHeld: (id) => holds.has(id),
  });
  const unfollow = followServers(runner, (id, event) => projects.get(id)?.server?.heard(event));
  let closing: Promise<void> | null = null;
  let removeSignals: (() => void) | null = null;

  const serverOf = (project: KnownProject): ProjectServer => {
    project.server ??= new ProjectServer({
      projectId: project.projectId,
      subdomain: () => (router ? project.subdomain : null),
      runner,
      pause: new StartPause(restart),
      config: () => project.config,
      async command() {
        const { healthPath } = project.config;
        const spawn = await planSpawn(project.projectId, project.config, spawning);
        return { ...spawn, ...(healthPath === undefined ? {} : { healthPath }) };
      },
    });
    return project.server;
  };

  const run = async (project: KnownProject): Promise<ProjectServer> => {
    if (closing) throw new ProjectRunnerError('RUNNER_CLOSED', 'The activator was shut down');
    // It was forgotten since it was found.
    if (projects.get(project.projectId) !== project) throw notFound(project.projectId);
    const server = serverOf(project);
    await server.ensureRunning();
    eviction.watch(project.projectId);
    return server;
  };

  /** What only a request asks for is not tried again at once when it could not be started. */
  const runForRequest = async (project: KnownProject): Promise<ProjectServer> => {
    if (project.server?.isDown) project.server.mustBeWorthAStart();
    return run(project);
  };

  const statuses = (servers: readonly ProjectServer[]): ProjectStatus[] => {
    const activityOf = routeActivity(router);
    return servers.map((server) => {
      const status = server.status();
      const { lastActiveAt } = activityOf(server.projectId);
      return { ...status, lastUsedAt: latest(status.lastUsedAt, lastActiveAt) };
    });
  };

  const activator: Activator = {
    register: (projectId, config) => void projects.put(projectId, config),
    async forget(projectId) {
      const project = projects.get(projectId);
      if (!project) return;
      // First: nobody may start it while it is stopped.
      projects.remove(project);
      try {
        await project.server?.stop();
      } catch (error) {
        projects.restore(project);
        throw error;
      }
    },
    async ensureRunning(projectId, config) {
      const project = config
        ? projects.put(projectId, config)
        : (projects.get(projectId) ?? (await mustFindProject(projects, projectId, ask)));
      return statusOf(await run(project));
    },
    status(projectId) {
      const project = projects.get(projectId);
      if (!project) return null;
      return project.server ? statusOf(project.server) : sleepingStatus(projectId);
    },
    activeProjects: () =>
      statuses(projects.started()).filter(({ status }) => status !== 'stopped' && status !== 'error'),
    touch(projectId) {
      const project = projects.get(projectId);
      project?.server?.touch();
      return project !== undefined;
    },
    hold: (projectId) => holds.add(projectId, () => activator.touch(projectId)),
    stop: async (projectId) => projects.get(projectId)?.server?.stop(),
    stopAll: () => stopServers(projects.started()),
    async wake({ subdomain, route }) {
      const routed = route && projects.get(route.deploymentId);
      // A route of somebody else's is not ours to serve.
      if (route && !routed) return;
      const project = routed ?? (await findProject(projects, { subdomain }, ask));
      if (project) await runForRequest(project);
    },
    async resolveLocalUrl(pathWithQuery, projectId) {
      const path = localPath(pathWithQuery, options.localPathPrefixes);
      if (path === null) return null;
      const id = projectId ?? onlyOne(activator.activeProjects());
      if (id === null) return null;
      const { address } = await runForRequest(projects.get(id) ?? (await mustFindProject(projects, id, ask)));
      return address && localUrl(address, path);
    },
    deriveRuntimeToken,
    async getLogs(projectId, query) {
      const server = projects.get(projectId)?.server?.server;
      return server ? runner.getLogs(server, query) : '';
    },
    shutdown() {
      closing ??= end();
      return closing;
    },
  };
  const statusOf = (server: ProjectServer): ProjectStatus => statuses([server])[0] as ProjectStatus;

  const end = async (): Promise<void> => {
    eviction.close();
    try {
      await runner.shutdown();
    } catch (error) {
      // What could not be stopped may be tried again.
      closing = null;
      throw error;
    }
    unfollow();
    removeSignals?.();
  };

  await stopLeftServers(runner, logger);
  if (options.stopOnSignals) removeSignals = stopOnSignals(activator, options.stopOnSignals);
  return activator;
}

function spawnOptions(options: ResolvedOptions): PlanSpawnOptions {
  const { resolveBin, spawnCommand, enrichSpawnConfig, enrichTimeoutMs, logger } = options;
  return {
    runtime:
      resolveBin || spawnCommand
        ? async (project) => {
            const bin = await findBin(options);
            return spawnCommand ? spawnCommand(bin, project) : { file: bin };
          }
        : null,
    enrich: enrichSpawnConfig ?? null,
    enrichTimeoutMs,
    logger,
  };
}

async function stopServers(servers: readonly ProjectServer[]): Promise<void> {
  const results = await Promise.allSettled(servers.map((server) => server.stop()));
  const errors = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} projects could not be stopped`);
}

function onlyOne(projects: readonly ProjectStatus[]): string | null {
  const [first, ...others] = projects.filter(({ status }) => status !== 'stopping');
  return first && others.length === 0 ? first.projectId : null;
}
