import { EventEmitter } from 'node:events';

import { ProjectRunnerError } from '@project-runner/core';
import type {
  EdgeRouter,
  PluginSet,
  RouteConfig,
  RunnerEvents,
  RunningServer,
  ServerStatus,
} from '@project-runner/core';

import type { ResolvedConfig } from '../config.ts';
import { BackgroundTasks } from './background-tasks.ts';
import { deployCancelled } from './deploy-cancelled.ts';
import { replacesBeside, routeOf, startRequested } from './deploy-request.ts';
import type { DeployRequest } from './deploy-request.ts';
import { goneAtOnce } from './gone-at-once.ts';
import { createKeyedLock } from './keyed-lock.ts';
import { ProcessManager } from './process-manager.ts';
import { sortOut } from './recovered.ts';
import { reattachServer } from './reattach-server.ts';
import { recoverServers } from './recover-servers.ts';
import type { RecoverOptions } from './recover-servers.ts';
import { createRoutes } from './routes.ts';
import { retireElsewhere } from './retire-elsewhere.ts';
import { retireReplaced } from './retire-replaced.ts';
import type { Routes } from './routes.ts';
import type { ServerLogs } from './server-logs.ts';
import type { ServerSupervisor } from './server-supervisor.ts';
import { createContext } from './supervision-context.ts';
import type { SupervisionContext } from './supervision-context.ts';

export interface SupervisionOptions {
  config: ResolvedConfig;
  plugins: PluginSet;
  logs: ServerLogs;
  getRouter(): EdgeRouter | undefined;
}

interface TakeTrafficOptions {
  /** What has the traffic until then. */
  previous: readonly ServerSupervisor[];
  route: Pick<RouteConfig, 'projectId' | 'subdomain'> | null;
  signal: AbortSignal;
}

/** The servers of a runner: deployed, taken over, stopped. */
export class Supervision {
  readonly #options: SupervisionOptions;
  readonly #processes = new ProcessManager();
  readonly events: EventEmitter<RunnerEvents> = new EventEmitter();
  readonly #routes: Routes;
  readonly #background: BackgroundTasks;
  readonly #deploys = createKeyedLock();
  readonly #adoptions = createKeyedLock();
  readonly #closing = new AbortController();
  readonly #context: SupervisionContext;
  /** Servers of living runners that are looked at. */
  readonly #foreign = new Set<ServerSupervisor>();
  #recovered: Promise<unknown> | null = null;

  constructor(options: SupervisionOptions) {
    this.#options = options;
    const { logger } = options.config;
    // Each replaced server listens during its grace; that many would be told on stderr.
    this.events.setMaxListeners(0);
    this.#background = new BackgroundTasks(logger);
    const { signal } = this.#closing;
    this.#routes = createRoutes({ getRouter: options.getRouter, logger, signal });
    this.#context = createContext({ ...options, events: this.events, routes: this.#routes });
  }

  get(serverId: string): ServerSupervisor | undefined {
    return this.#processes.get(serverId);
  }

  /** Also of one that was given up by an earlier runner. */
  status(serverId: string): ServerStatus | null {
    const { durable, store } = this.#context;
    const known = this.#processes.get(serverId)?.status();
    return known ?? (durable ? store.crashed.status(serverId) : null);
  }

  /** Servers that are to run on, those between two runs included. */
  running(): RunningServer[] {
    const all = this.#processes.getAll().filter(({ isToStay }) => isToStay);
    return all.map((supervisor) => supervisor.server);
  }

  runningCount(): number {
    return this.#processes.getRunningCount();
  }

  ports(): number[] {
    return this.#processes.getAll().map(({ server }) => server.port);
  }

  /** @throws ProjectRunnerError `RUNNER_CLOSED` */
  refuseWhenClosed(): void {
    if (this.#closing.signal.aborted) throw this.#closing.signal.reason as Error;
  }

  /** Once; it never rejects. */
  recover(): Promise<unknown> {
    this.#recovered ??= this.#context.durable ? this.#recoverAll() : Promise.resolve();
    return this.#recovered;
  }

  async #recoverAll(): Promise<void> {
    try {
      const { found, failed } = await recoverServers(this.#recovering());
      this.#background.add(sortOut(found, this.#context.logger));
      const replaced = new Set(found.flatMap(({ isToStay, replaces }) => (isToStay ? replaces : [])));
      this.#background.add(this.#retireElsewhere(({ id }) => replaced.has(id)));
      // A disk that is full, say: the next call tries those again.
      if (failed > 0) this.#recovered = null;
    } catch (error) {
      this.#options.config.logger.error('Servers of an earlier runner could not be looked for', error);
    }
  }

  /** @throws as `deployServer` and `deployCommand` do; ProjectRunnerError `ROUTE_FAILED` */
  async deploy(request: DeployRequest): Promise<RunningServer> {
    this.refuseWhenClosed();
    await this.recover();
    const { deployment, options } = request;
    const signal = options.signal
      ? AbortSignal.any([options.signal, this.#closing.signal])
      : this.#closing.signal;
    try {
      return await this.#deploys.run(deployment.id, () => this.#deploy(request, signal), signal);
    } catch (error) {
      throw signal.aborted && error === signal.reason ? deployCancelled(error) : error;
    }
  }

  async stop(server: RunningServer): Promise<void> {
    await this.reattach(server);
    // For the runner that has it, if that is another one: it must not start it again.
    if (this.#context.durable && this.#context.store.isOwned(server.id)) {
      this.#context.store.wantStop(server.id);
    }
    await this.#processes.kill(server.id);
  }

  /** Whether it runs here, now or from now on. */
  async reattach(server: RunningServer): Promise<boolean> {
    await this.recover();
    return this.#adoptions.run(server.id, async () => {
      if (this.#processes.isRunning(server.id)) return true;
      const known = this.#processes.get(server.id);
      // One that is between two runs is ours, too.
      if (known && !this.#foreign.delete(known))
        return known.state === 'backoff' || known.state === 'starting';
      const foreign = this.#context.durable && this.#context.store.isOwned(server.id);
      const supervisor = await reattachServer(server, this.#recovering(), this.#options.config);
      if (supervisor && foreign) this.#foreign.add(supervisor);
      return supervisor !== null;
    });
  }

  /** From now on nothing begins, and what is under way is cancelled. */
  close(): void {
    this.#closing.abort(new ProjectRunnerError('RUNNER_CLOSED', 'The runner was shut down'));
  }

  async shutdown(servers: 'stop' | 'leave'): Promise<void> {
    await this.#recovered;
    await this.#deploys.idle();
    await this.#adoptions.idle();
    await this.#background.idle();
    // They are another runner's to stop.
    await Promise.all([...this.#foreign].map((supervisor) => supervisor.leave()));
    await (servers === 'leave' ? this.#processes.leaveAll() : this.#processes.killAll());
  }

  async #deploy(request: DeployRequest, signal: AbortSignal): Promise<RunningServer> {
    const { deployment } = request;
    const previous = this.#serversOf(deployment);
    if (!replacesBeside(request)) await Promise.all(previous.map((each) => each.stop()));
    const { config, logs } = this.#options;
    const supervisor = await startRequested(request, {
      config,
      context: this.#context,
      logs,
      signal,
      replaces: previous.map(({ server }) => server.id),
      track: (started) => this.#processes.track(started),
    });
    try {
      await this.#takeTraffic(supervisor, { previous, route: routeOf(request), signal });
    } catch (error) {
      await supervisor.route.giveBack(previous.findLast(({ isToStay }) => isToStay)?.route);
      await supervisor.stop();
      throw error;
    }
    await this.#retire(previous, supervisor);
    if (this.#context.durable) this.#context.store.crashed.forget(deployment.id);
    return supervisor.server;
  }

  #serversOf({ id }: { id: string }): ServerSupervisor[] {
    return this.#processes.getAll().filter(({ server }) => server.deploymentId === id);
  }

  /** The server has the traffic afterwards, and is still there. */
  async #takeTraffic(
    supervisor: ServerSupervisor,
    { previous, route, signal }: TakeTrafficOptions,
  ): Promise<void> {
    const { host, port, deploymentId } = supervisor.server;
    const moved = (): void => previous.forEach((each) => each.route.movedAway());
    if (route)
      await this.#routes.point({ ...route, deploymentId, targetHost: host, targetPort: port }, signal, moved);
    signal.throwIfAborted();
    if (supervisor.state !== 'ready' || !supervisor.handle) throw goneAtOnce(supervisor.status());
    supervisor.route.taken({ host, port });
  }

  #retire(previous: readonly ServerSupervisor[], by: ServerSupervisor): Promise<void> {
    const { config, getRouter } = this.#options;
    return retireReplaced(previous, {
      by,
      // Who moves the traffic by himself can do so only when he knows where to.
      graceMs: getRouter() ? 0 : config.replaceGraceMs,
      logger: config.logger,
      events: this.events,
      signal: this.#closing.signal,
      inBackground: this.#background.add,
    });
  }

  #retireElsewhere(isMeant: (server: RunningServer) => boolean): Promise<void> {
    const isOurs = (id: string): boolean => this.#processes.get(id) !== undefined;
    return retireElsewhere({ context: this.#context, isOurs, isMeant, stop: (server) => this.stop(server) });
  }

  #recovering(): RecoverOptions {
    return {
      context: this.#context,
      logs: this.#options.logs,
      signal: this.#closing.signal,
      track: (supervisor) => this.#processes.track(supervisor),
      inBackground: this.#background.add,
    };
  }
}
