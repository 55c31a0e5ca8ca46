import type { EdgeRouter, Logger } from '@project-runner/core';

import { unrouteServer } from './route-server.ts';
import type { ServerInstance } from './server-instance.ts';

export interface ProcessManagerOptions {
  logger: Logger;
  /** From SIGTERM to SIGKILL, in ms; `null`: 16 s, or what the framework asks for where that is more. */
  stopGraceMs: number | null;
  getRouter(): EdgeRouter | undefined;
}

/** Exited servers whose logs stay readable in memory. */
const keptExited = 100;
/** A Mastra server may take 15 s from SIGTERM to its end. */
const defaultGraceMs = 16_000;
/** Everything is to be over within 30 s, the sweep after SIGKILL included. */
const maxGraceMs = 28_000;

/** Knows the servers that run, and is the one writer of their state. */
export class ProcessManager {
  readonly #options: ProcessManagerOptions;
  readonly #instances = new Map<string, ServerInstance>();
  readonly #ending = new Map<string, Promise<void>>();

  constructor(options: ProcessManagerOptions) {
    this.#options = options;
  }

  /** Takes over a server that is ready. From now on its exit is noticed and cleaned up after. */
  track(instance: ServerInstance): void {
    instance.state = 'ready';
    instance.server = { ...instance.server, healthStatus: 'healthy', lastHealthCheck: new Date() };
    this.#instances.set(instance.server.id, instance);
    void instance.handle.exited.then((exit) => {
      if (instance.state !== 'ready') return;
      this.#options.logger.warn(`Server ${instance.server.id} exited by itself`, exit);
      void this.kill(instance.server.id).catch((error: unknown) => {
        this.#options.logger.error(`Cleaning up after server ${instance.server.id} failed`, error);
      });
    });
  }

  /** A server that runs or ran. */
  get(serverId: string): ServerInstance | undefined {
    return this.#instances.get(serverId);
  }

  /** The server of a deployment that runs now. */
  getByDeploymentId(deploymentId: string): ServerInstance | undefined {
    return this.#running().findLast((instance) => instance.server.deploymentId === deploymentId);
  }

  getAll(): readonly ServerInstance[] {
    return this.#running();
  }

  isRunning(serverId: string): boolean {
    const instance = this.get(serverId);
    return instance !== undefined && instance.state !== 'exited' && instance.handle.exit() === null;
  }

  getRunningCount(): number {
    return this.#running().filter((instance) => this.isRunning(instance.server.id)).length;
  }

  /**
   * Stops a server: route, tree, logs, port, in that order. A second call joins the first; an unknown id is nothing to do.
   * @throws ProjectRunnerError `STOP_FAILED` naming the processes that survived
   */
  kill(serverId: string): Promise<void> {
    const instance = this.#instances.get(serverId);
    if (!instance) return Promise.resolve();
    const running = this.#ending.get(serverId);
    if (running) return running;
    if (instance.state === 'exited') return Promise.resolve();
    const ending = this.#end(instance).finally(() => this.#ending.delete(serverId));
    this.#ending.set(serverId, ending);
    return ending;
  }

  /** @throws AggregateError when servers could not be stopped; all were tried */
  async killAll(): Promise<void> {
    const results = await Promise.allSettled(
      this.#running().map((instance) => this.kill(instance.server.id)),
    );
    const errors = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    if (errors.length > 0) throw new AggregateError(errors, `${errors.length} servers could not be stopped`);
  }

  async #end(instance: ServerInstance): Promise<void> {
    const { server, handle, drainSeconds } = instance;
    instance.state = 'stopping';
    instance.server = { ...server, healthStatus: 'stopping' };
    await this.#unroute(instance);
    const wanted = this.#options.stopGraceMs ?? Math.max(defaultGraceMs, drainSeconds * 1000);
    const graceMs = Math.min(wanted, maxGraceMs);
    await handle.stop({ graceMs });
    await handle.closed;
    await instance.logs.end();
    await instance.lease.release();
    instance.state = 'exited';
    instance.server = { ...instance.server, healthStatus: 'unhealthy', stoppedAt: new Date() };
    this.#forgetOldest();
  }

  async #unroute({ server }: ServerInstance): Promise<void> {
    const router = this.#options.getRouter();
    // The route belongs to the deployment: where another server of it is ready, it leads there.
    if (!router || this.#ready(server.deploymentId)) return;
    try {
      await unrouteServer(router, server.deploymentId);
    } catch (error) {
      // A router that is down must not keep a server alive.
      this.#options.logger.error(
        `The route of deployment ${server.deploymentId} could not be removed`,
        error,
      );
    }
  }

  #ready(deploymentId: string): boolean {
    return this.#running().some(
      ({ state, server }) => state === 'ready' && server.deploymentId === deploymentId,
    );
  }

  #running(): ServerInstance[] {
    return [...this.#instances.values()].filter((instance) => instance.state !== 'exited');
  }

  #forgetOldest(): void {
    const exited = [...this.#instances.values()].filter((instance) => instance.state === 'exited');
    for (const instance of exited.slice(0, -keptExited)) this.#instances.delete(instance.server.id);
  }
}
