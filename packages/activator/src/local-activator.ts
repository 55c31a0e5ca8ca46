import { ProjectRunnerError } from '@project-runner/core';
import type { RestartPolicy } from '@project-runner/core';
import type { LocalProcessRunner } from '@project-runner/runner';

import type { Activator } from './activator.ts';
import type { WakeRequest } from './activator-router.ts';
import { findProject, mustFindProject } from './find-project.ts';
import { Holds } from './holds.ts';
import { IdleEviction } from './idle-eviction.ts';
import { localPath, localUrl } from './local-url.ts';
import { planSpawn } from './plan-spawn.ts';
import type { PlanSpawnOptions } from './plan-spawn.ts';
import type { ProjectConfig } from './project-config.ts';
import { notFound } from './project-errors.ts';
import { ProjectServer } from './project-server.ts';
import { sleepingStatus } from './project-status.ts';
import type { ProjectStatus } from './project-status.ts';
import { Projects } from './projects.ts';
import type { KnownProject } from './projects.ts';
import type { ResolvedOptions } from './resolve-options.ts';
import { latest, routeActivity } from './route-activity.ts';
import { deriveRuntimeToken } from './runtime-tokens.ts';
import { followServers } from './server-events.ts';
import { StartPause } from './start-pause.ts';

export interface LocalActivatorParts {
  options: ResolvedOptions;
  runner: LocalProcessRunner;
  spawning: PlanSpawnOptions;
  /** Of servers that crashed, and of starts that failed. */
  restart: Readonly<RestartPolicy>;
}

/** The activator on this machine. It knows who is wanted; what runs, `ProjectServer` and the runner know. */
export class LocalActivator implements Activator {
  readonly #parts: LocalActivatorParts;
  readonly #projects = new Projects();
  readonly #holds = new Holds();
  readonly #eviction: IdleEviction;
  /** Called when all is stopped. */
  readonly #ends: (() => void)[] = [];
  #closing: Promise<void> | null = null;

  constructor(parts: LocalActivatorParts) {
    this.#parts = parts;
    const { router, logger, idleTimeoutMs } = parts.options;
    this.#eviction = new IdleEviction({
      router,
      logger,
      servers: () => this.#projects.started(),
      idleTimeoutMs: (id) => this.#projects.get(id)?.config.idleTimeoutMs ?? idleTimeoutMs,
      isHeld: (id) => this.#holds.has(id),
    });
    this.onShutdown(followServers(parts.runner, (id, event) => this.#projects.get(id)?.server?.heard(event)));
  }

  onShutdown(end: () => void): void {
    this.#ends.push(end);
  }

  register(projectId: string, config: ProjectConfig): void {
    this.#projects.put(projectId, config);
  }

  async forget(projectId: string): Promise<void> {
    const project = this.#projects.get(projectId);
    if (!project) return;
    // First: nobody may start it while it is stopped.
    this.#projects.remove(project);
    try {
      await project.server?.stop();
    } catch (error) {
      this.#projects.restore(project);
      throw error;
    }
  }

  async ensureRunning(projectId: string, config?: ProjectConfig): Promise<ProjectStatus> {
    const found = config ? this.#projects.put(projectId, config) : this.#mustFind(projectId);
    // Without a turn in between where it is known, so that calls take effect in their order.
    const server = await this.#run(found instanceof Promise ? await found : found);
    return this.#statusOf(server);
  }

  status(projectId: string): ProjectStatus | null {
    const project = this.#projects.get(projectId);
    if (!project) return null;
    return project.server ? this.#statusOf(project.server) : sleepingStatus(projectId);
  }

  activeProjects(): ProjectStatus[] {
    const statuses = this.#statuses(this.#projects.started());
    return statuses.filter(({ status }) => status !== 'stopped' && status !== 'error');
  }

  touch(projectId: string): boolean {
    const project = this.#projects.get(projectId);
    project?.server?.touch();
    return project !== undefined;
  }

  hold(projectId: string): () => void {
    return this.#holds.add(projectId, () => this.touch(projectId));
  }

  async stop(projectId: string): Promise<void> {
    await this.#projects.get(projectId)?.server?.stop();
  }

  async stopAll(): Promise<void> {
    const results = await Promise.allSettled(this.#projects.started().map((server) => server.stop()));
    const errors = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    if (errors.length > 0) throw new AggregateError(errors, `${errors.length} projects could not be stopped`);
  }

  async wake({ subdomain, route }: WakeRequest): Promise<void> {
    const routed = route && this.#projects.get(route.deploymentId);
    // A route of somebody else's is not ours to serve.
    if (route && !routed) return;
    const ask = this.#parts.options.findProject;
    const project = routed ?? (await findProject(this.#projects, { subdomain }, ask));
    if (project) await this.#runForRequest(project);
  }

  async resolveLocalUrl(pathWithQuery: string, projectId?: string): Promise<string | null> {
    const path = localPath(pathWithQuery, this.#parts.options.localPathPrefixes);
    const id = projectId ?? onlyOne(this.activeProjects());
    if (path === null || id === null) return null;
    const { address } = await this.#runForRequest(await this.#mustFind(id));
    return address && localUrl(address, path);
  }

  deriveRuntimeToken(id: string): string {
    return deriveRuntimeToken(id);
  }

  async getLogs(projectId: string, options: { tail?: number; since?: Date } = {}): Promise<string> {
    const server = this.#projects.get(projectId)?.server?.server;
    return server ? this.#parts.runner.getLogs(server, options) : '';
  }

  shutdown(): Promise<void> {
    this.#closing ??= this.#end().catch((error: unknown) => {
      // What could not be stopped may be tried again.
      this.#closing = null;
      throw error;
    });
    return this.#closing;
  }

  async #end(): Promise<void> {
    this.#eviction.close();
    await this.#parts.runner.shutdown();
    for (const end of this.#ends.splice(0)) end();
  }

  #mustFind(projectId: string): KnownProject | Promise<KnownProject> {
    const known = this.#projects.get(projectId);
    return known ?? mustFindProject(this.#projects, projectId, this.#parts.options.findProject);
  }

  async #run(project: KnownProject): Promise<ProjectServer> {
    if (this.#closing) throw new ProjectRunnerError('RUNNER_CLOSED', 'The activator was shut down');
    // It was forgotten since it was found.
    if (this.#projects.get(project.projectId) !== project) throw notFound(project.projectId);
    project.server ??= this.#serverOf(project);
    await project.server.ensureRunning();
    this.#eviction.watch(project.projectId);
    return project.server;
  }

  /** What only a request asks for is not tried again at once when it could not be started. */
  async #runForRequest(project: KnownProject): Promise<ProjectServer> {
    if (project.server?.isDown) project.server.mustBeWorthAStart();
    return this.#run(project);
  }

  #serverOf(project: KnownProject): ProjectServer {
    const { options, runner, restart, spawning } = this.#parts;
    return new ProjectServer({
      projectId: project.projectId,
      subdomain: () => (options.router ? project.subdomain : null),
      runner,
      pause: new StartPause(restart),
      config: () => project.config,
      async command() {
        const { healthPath } = project.config;
        const spawn = await planSpawn(project.projectId, project.config, spawning);
        return { ...spawn, ...(healthPath === undefined ? {} : { healthPath }) };
      },
    });
  }

  #statusOf(server: ProjectServer): ProjectStatus {
    return this.#statuses([server])[0] as ProjectStatus;
  }

  #statuses(servers: readonly ProjectServer[]): ProjectStatus[] {
    const activityOf = routeActivity(this.#parts.options.router);
    return servers.map((server) => {
      const status = server.status();
      const { lastActiveAt } = activityOf(server.projectId);
      return { ...status, lastUsedAt: latest(status.lastUsedAt, lastActiveAt) };
    });
  }
}

function onlyOne(projects: readonly ProjectStatus[]): string | null {
  const [first, ...others] = projects.filter(({ status }) => status !== 'stopping');
  return first && others.length === 0 ? first.projectId : null;
}
