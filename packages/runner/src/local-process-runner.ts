import { callPlugin, PluginSet, ProjectRunnerError } from '@project-runner/core';
import type {
  Build,
  BuildOptions,
  Deployment,
  EdgeRouter,
  LogSession,
  ObservabilityStorage,
  PaginatedLogs,
  Project,
  ProjectRunner,
  ProjectSource,
  ResourceUsage,
  RunnerStats,
  RunningServer,
  RunOptions,
  ServerLogCallback,
} from '@project-runner/core';
import { isProcessAlive } from '@project-runner/launcher-local';

import { ProjectBuilder } from './build/project-builder.ts';
import type { ResolvedConfig, RunnerConfig } from './config.ts';
import { defaultPlugins } from './default-plugins.ts';
import { storageSink } from './logs/storage-sink.ts';
import { resolveConfig } from './resolve-config.ts';
import { adoptServer } from './server/adopt-server.ts';
import { deployServer } from './server/deploy-server.ts';
import { createKeyedLock } from './server/keyed-lock.ts';
import { measureServer } from './server/measure-server.ts';
import { ProcessManager } from './server/process-manager.ts';
import { probeServer } from './server/probe-server.ts';
import { routeServer } from './server/route-server.ts';
import { createServerLogs } from './server/server-logs.ts';
import type { ServerLogs } from './server/server-logs.ts';
import type { ServerInstance } from './server/server-instance.ts';
import { SubdomainGenerator } from './subdomain-generator.ts';

/** Builds projects and runs them as child processes of this machine. The default preset, unless told otherwise. */
export class LocalProcessRunner implements ProjectRunner {
  readonly type = 'local' as const;

  readonly #config: ResolvedConfig;
  readonly #plugins: PluginSet;
  readonly #builder: ProjectBuilder;
  readonly #processes: ProcessManager;
  readonly #logs: ServerLogs;
  readonly #deploys = createKeyedLock();
  readonly #subdomains = new SubdomainGenerator();
  readonly #closing = new AbortController();
  #source: ProjectSource | undefined;
  #router: EdgeRouter | undefined;
  #storage: ObservabilityStorage | undefined;
  #onServerLog: ServerLogCallback | undefined;

  /** @throws ProjectRunnerError `CONFIG_INVALID`, `PLUGIN_INVALID`, `PLUGIN_DUPLICATE`, `PLUGIN_MISSING` */
  constructor(config: RunnerConfig = {}) {
    this.#config = resolveConfig(config);
    this.#plugins = PluginSet.from(defaultPlugins(config), config.plugins).without(config.without ?? []);
    this.#builder = new ProjectBuilder({ config: this.#config, plugins: this.#plugins });
    this.#processes = new ProcessManager({
      logger: this.#config.logger,
      stopGraceMs: this.#config.stopGraceMs,
      getRouter: () => this.#router,
    });
    this.#logs = createServerLogs({
      sinks: [...this.#plugins.all('log-sink'), storageSink(() => this.#storage)],
      logger: this.#config.logger,
      getCallback: () => this.#onServerLog,
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
    this.#refuseWhenClosed();
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

  async deploy(
    project: Project,
    deployment: Deployment,
    build: Build,
    options: RunOptions = {},
  ): Promise<RunningServer> {
    this.#refuseWhenClosed();
    return this.#deploys.run(deployment.id, async () => {
      this.#refuseWhenClosed();
      const previous = this.#processes.getByDeploymentId(deployment.id);
      const signal = options.signal
        ? AbortSignal.any([options.signal, this.#closing.signal])
        : this.#closing.signal;
      const instance = await deployServer({
        config: this.#config,
        plugins: this.#plugins,
        project,
        deployment,
        build,
        options,
        signal,
        openLogs: (session) => this.#logs.open(session),
      });
      this.#processes.track(instance);
      await this.#takeTraffic(project, deployment, instance, signal);
      if (previous) await this.#retire(previous);
      return { ...instance.server };
    });
  }

  async stop(server: RunningServer): Promise<void> {
    if (!this.#processes.get(server.id)) await this.#adopt(server);
    await this.#processes.kill(server.id);
  }

  async healthCheck(server: RunningServer): Promise<{ healthy: boolean; message?: string }> {
    const instance = this.#processes.get(server.id);
    if (!instance || !this.#processes.isRunning(server.id)) {
      return { healthy: false, message: 'Process is not running' };
    }
    return probeServer(instance, this.#plugins.all('health-probe'), this.#config.healthCheck.timeoutMs);
  }

  async getLogs(server: RunningServer, options: { tail?: number; since?: Date } = {}): Promise<string> {
    const entries = await this.#logs.read(this.#session(server), options);
    return entries.map((entry) => entry.text).join('\n');
  }

  streamLogs(server: RunningServer, callback: (log: string) => void): () => void {
    return this.#logs.subscribe(server.id, (entry) => callback(entry.text));
  }

  async getLogsPaginated(
    server: RunningServer,
    options: { limit?: number; before?: string } = {},
  ): Promise<PaginatedLogs> {
    return this.#logs.page(this.#session(server), options);
  }

  async getResourceUsage(server: RunningServer): Promise<ResourceUsage> {
    return measureServer(this.#processes.get(server.id));
  }

  getStats(): RunnerStats {
    const strategy = this.#plugins.one('port-strategy');
    const ports = callPlugin(strategy, 'stats', () => strategy.stats?.());
    return {
      runningProcesses: this.#processes.getRunningCount(),
      allocatedPorts: [...(ports?.allocated ?? this.#processes.getAll().map((item) => item.server.port))],
      availablePorts: ports?.available ?? 0,
    };
  }

  isProcessAlive(pid: number): boolean {
    return isProcessAlive(pid);
  }

  async reattach(server: RunningServer): Promise<boolean> {
    if (this.#processes.isRunning(server.id)) return true;
    return this.#adopt(server);
  }

  /** Cancels builds and deploys and stops all servers. A second call joins the first. */
  async shutdown(): Promise<void> {
    this.#closing.abort(new ProjectRunnerError('RUNNER_CLOSED', 'The runner was shut down'));
    await Promise.all([this.#builder.cancelAll(), this.#deploys.idle()]);
    await this.#processes.killAll();
  }

  async #takeTraffic(
    project: Project,
    deployment: Deployment,
    instance: ServerInstance,
    signal: AbortSignal,
  ): Promise<void> {
    const { host, port, id } = instance.server;
    try {
      signal.throwIfAborted();
      if (!this.#router) return;
      await routeServer(this.#router, {
        deploymentId: deployment.id,
        projectId: project.id,
        subdomain: this.#subdomains.generate(project, deployment),
        targetHost: host,
        targetPort: port,
      });
    } catch (error) {
      await this.#processes.kill(id);
      throw error;
    }
  }

  /** The new server has the traffic: a problem with the old one is not the caller's. */
  async #retire(previous: ServerInstance): Promise<void> {
    try {
      await this.#processes.kill(previous.server.id);
    } catch (error) {
      this.#config.logger.error(`The replaced server ${previous.server.id} could not be stopped`, error);
    }
  }

  async #adopt(server: RunningServer): Promise<boolean> {
    const instance = await adoptServer(server, this.#plugins, (session) => this.#logs.open(session));
    if (instance) this.#processes.track(instance);
    return instance !== null;
  }

  #session(server: RunningServer): LogSession {
    const known = this.#processes.get(server.id)?.session;
    const { id: serverId, deploymentId, buildId } = server;
    return known ?? { serverId, deploymentId, buildId, projectId: '' };
  }

  #refuseWhenClosed(): void {
    if (this.#closing.signal.aborted) throw this.#closing.signal.reason as Error;
  }
}
