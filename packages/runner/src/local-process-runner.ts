import { ProjectRunnerError } from '@project-runner/core';
import type {
  Build,
  BuildOptions,
  Deployment,
  EdgeRouter,
  LogSession,
  ObservabilityStorage,
  PaginatedLogs,
  PluginSet,
  Project,
  ProjectRunner,
  ProjectSource,
  ReleaseInfo,
  ResourceUsage,
  RunnerEvents,
  RunnerStats,
  RunningServer,
  RunOptions,
  ServerLogCallback,
  ServerStatus,
  ShutdownOptions,
} from '@project-runner/core';
import { isProcessAlive } from '@project-runner/launcher-local';

import { ProjectBuilder } from './build/project-builder.ts';
import { createReleases } from './build/releases.ts';
import type { Releases } from './build/releases.ts';
import { checkDeploy, checkDeployCommand } from './check-deploy.ts';
import { collectStats } from './collect-stats.ts';
import { composePlugins } from './compose-plugins.ts';
import type { ResolvedConfig, RunnerConfig } from './config.ts';
import { checkLogOptions } from './logs/check-log-options.ts';
import { storageSink } from './logs/storage-sink.ts';
import { oneOf } from './one-of.ts';
import { requirePlugins } from './require-plugins.ts';
import { resolveConfig } from './resolve-config.ts';
import { checkServer } from './server/check-server.ts';
import { listenTo } from './server/listen-to.ts';
import { measureServer } from './server/measure-server.ts';
import type { CommandDeployment, ServerCommand } from './server/server-command.ts';
import { createServerLogs } from './server/server-logs.ts';
import type { ServerLogs } from './server/server-logs.ts';
import { Supervision } from './server/supervision.ts';

/**
 * Builds projects and runs them as child processes of this machine. The default preset, unless told otherwise. It only
 * hands over: building is `build/`, servers are `server/`, logs are `logs/`.
 */
export class LocalProcessRunner implements ProjectRunner {
  readonly type = 'local' as const;

  readonly #config: ResolvedConfig;
  readonly #plugins: PluginSet;
  readonly #builder: ProjectBuilder;
  readonly #releases: Releases;
  readonly #servers: Supervision;
  readonly #logs: ServerLogs;
  #source: ProjectSource | undefined;
  #router: EdgeRouter | undefined;
  #storage: ObservabilityStorage | undefined;
  #onServerLog: ServerLogCallback | undefined;
  #shutdown: Promise<void> | null = null;

  /** @throws ProjectRunnerError `CONFIG_INVALID`, `PLUGIN_INVALID`, `PLUGIN_DUPLICATE`, `PLUGIN_MISSING` */
  constructor(config: RunnerConfig = {}) {
    this.#config = resolveConfig(config);
    this.#plugins = composePlugins(config);
    requirePlugins(this.#plugins);
    this.#builder = new ProjectBuilder({
      config: this.#config,
      plugins: this.#plugins,
      onStage: (event) => this.#servers.events.emit('build-stage', event),
    });
    this.#releases = createReleases(this.#config);
    this.#logs = createServerLogs({
      sinks: [...this.#plugins.all('log-sink'), storageSink(() => this.#storage)],
      logger: this.#config.logger,
      getCallback: () => this.#onServerLog,
      onLoss: (serverId, sink, lines) => this.#servers.events.emit('log-loss', { serverId, sink, lines }),
    });
    this.#servers = new Supervision({
      config: this.#config,
      plugins: this.#plugins,
      logs: this.#logs,
      getRouter: () => this.#router,
    });
  }

  setSource(source: ProjectSource): void {
    this.#source = source;
  }

  setRouter(router: EdgeRouter): void {
    this.#router = router;
  }

  setObservabilityStorage(storage: ObservabilityStorage): void {
    this.#storage = storage;
  }

  setOnServerLog(callback: ServerLogCallback): void {
    this.#onServerLog = callback;
  }

  async build(
    project: Project,
    build: Build,
    options: BuildOptions = {},
    onLog?: (log: string) => void,
  ): Promise<Build> {
    this.#servers.refuseWhenClosed();
    if (!this.#source) {
      throw new ProjectRunnerError('SOURCE_MISSING', 'Project source provider not configured', {
        hint: 'Call setSource(source) first',
      });
    }
    return this.#builder.build({
      project,
      build,
      source: this.#source,
      options,
      ...(onLog ? { onLog } : {}),
    });
  }

  async cancelBuild(buildId: string): Promise<boolean> {
    return this.#builder.cancel(buildId);
  }

  async deploy(
    project: Project,
    deployment: Deployment,
    build: Build,
    options: RunOptions = {},
  ): Promise<RunningServer> {
    const server = await this.#servers.deploy(checkDeploy({ project, deployment, build, options }));
    await this.#releases.deployed(project, deployment, build);
    return server;
  }

  /** Without a build: the command is asked for before each start, restarts included. What runs already is stopped first. */
  async deployCommand(
    deployment: CommandDeployment,
    command: () => ServerCommand | Promise<ServerCommand>,
    options: RunOptions = {},
  ): Promise<RunningServer> {
    return this.#servers.deploy(checkDeployCommand({ deployment, command, options }));
  }

  async listReleases(project: Pick<Project, 'id'>): Promise<ReleaseInfo[]> {
    return this.#releases.list(project);
  }

  async rollback(project: Project, deployment: Deployment, options: RunOptions = {}): Promise<RunningServer> {
    return this.deploy(project, deployment, await this.#releases.previous(project, deployment), options);
  }

  async stop(server: RunningServer): Promise<void> {
    await this.#servers.stop(server);
  }

  async healthCheck(server: RunningServer): Promise<{ healthy: boolean; message?: string }> {
    await this.#servers.recover();
    return checkServer(this.#servers.get(server.id), this.#config.healthCheck.timeoutMs);
  }

  async getLogs(server: RunningServer, options: { tail?: number; since?: Date } = {}): Promise<string> {
    checkLogOptions(options);
    await this.#servers.recover();
    // As many as are kept in memory of a server that this runner started, wherever they are kept of another one.
    const isUnbounded = options.tail === undefined && options.since === undefined;
    const query = isUnbounded ? { tail: this.#config.logRetentionLines } : options;
    const entries = await this.#logs.read(this.#session(server), query);
    return entries.map((entry) => entry.text).join('\n');
  }

  streamLogs(server: RunningServer, callback: (log: string) => void): () => void {
    void this.#servers.recover();
    return this.#logs.subscribe(server.id, (entry) => callback(entry.text));
  }

  async getLogsPaginated(
    server: RunningServer,
    options: { limit?: number; before?: string } = {},
  ): Promise<PaginatedLogs> {
    await this.#servers.recover();
    return this.#logs.page(this.#session(server), options);
  }

  async getResourceUsage(server: RunningServer): Promise<ResourceUsage> {
    await this.#servers.recover();
    return measureServer(this.#servers.get(server.id)?.handle ?? null);
  }

  getStats(): RunnerStats {
    const [plugins, servers, logs, builder] = [this.#plugins, this.#servers, this.#logs, this.#builder];
    return collectStats({ plugins, servers, logs, builder });
  }

  getServerStatus(server: Pick<RunningServer, 'id'>): ServerStatus | null {
    return this.#servers.status(server.id);
  }

  isProcessAlive(pid: number): boolean {
    return isProcessAlive(pid);
  }

  async reattach(server: RunningServer): Promise<boolean> {
    return this.#servers.reattach(server);
  }

  async recover(): Promise<RunningServer[]> {
    await Promise.all([this.#builder.recover(), this.#servers.recover()]);
    return this.#servers.running();
  }

  on<Name extends keyof RunnerEvents>(
    name: Name,
    listener: (...event: RunnerEvents[Name]) => void,
  ): () => void {
    return listenTo(this.#servers.events, this.#config.logger, name, listener);
  }

  /** Cancels deploys, ends builds and servers as asked. A second call joins the first, and may cancel its builds. */
  shutdown({ servers = 'stop', builds = 'cancel' }: ShutdownOptions = {}): Promise<void> {
    oneOf('servers', servers, ['stop', 'leave']);
    oneOf('builds', builds, ['cancel', 'wait']);
    if (this.#shutdown && builds === 'cancel') void this.#builder.cancelAll();
    this.#shutdown ??= this.#end(servers, builds).catch((error: unknown) => {
      // What could not be stopped may be tried again.
      this.#shutdown = null;
      throw error;
    });
    return this.#shutdown;
  }

  async #end(servers: 'stop' | 'leave', builds: 'cancel' | 'wait'): Promise<void> {
    this.#servers.close();
    await this.#builder.close(builds);
    await this.#servers.shutdown(servers);
  }

  #session({ id: serverId, deploymentId, buildId }: RunningServer): LogSession {
    return this.#servers.get(serverId)?.session ?? { serverId, deploymentId, buildId, projectId: '' };
  }
}
