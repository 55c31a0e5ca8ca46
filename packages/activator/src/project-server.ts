import type { RunningServer, ServerStatus } from '@project-runner/core';
import type { LocalProcessRunner, ServerCommand } from '@project-runner/runner';

import { evict } from './evict.ts';
import type { EvictedRequests } from './evict.ts';
import type { ProjectConfig } from './project-config.ts';
import { cancelled, givenUp, isWantedEnd, messageOf } from './project-errors.ts';
import { supervisedStates } from './project-status.ts';
import type { ProjectState, ProjectStatus } from './project-status.ts';
import type { ServerEvent } from './server-events.ts';
import type { StartPause } from './start-pause.ts';

export interface ProjectServerOptions {
  projectId: string;
  runner: Pick<LocalProcessRunner, 'deployCommand' | 'stop' | 'getServerStatus'>;
  pause: StartPause;
  /** As of now: both may be others at the next start. */
  config(): ProjectConfig;
  subdomain(): string | null;
  command(): Promise<ServerCommand>;
}

/** `up`: the runner has it, and knows whether it runs. */
type Phase = 'down' | 'starting' | 'up' | 'stopping';

/**
 * The server of one project: started once for all who want it, stopped, and asked again. What happens between a start and
 * a stop is the runner's.
 */
export class ProjectServer {
  readonly projectId: string;
  readonly #options: ProjectServerOptions;
  lastUsedAt: Date | null = null;
  #phase: Phase = 'down';
  /** Of the present start, or the last one. */
  #server: RunningServer | null = null;
  #pid: number | null = null;
  #lastError: string | null = null;
  #restarts = 0;
  #starting: Promise<void> | null = null;
  #cancel: AbortController | null = null;
  #stopping: Promise<void> | null = null;
  #evicting: Promise<boolean> | null = null;
  /** Calls of `stop`: who waited before one must not start it again after it. */
  #stops = 0;
  #changed = Promise.withResolvers<void>();

  constructor(options: ProjectServerOptions) {
    this.#options = options;
    this.projectId = options.projectId;
  }

  /** Its last server, for its log. */
  get server(): RunningServer | null {
    return this.#server;
  }

  /** It serves, and nobody wants its end. */
  get isServing(): boolean {
    return !this.#stopping && !this.#evicting && this.#state() === 'running';
  }

  get isDown(): boolean {
    return this.#phase === 'down' && !this.#stopping;
  }

  /** Where it listens. */
  get address(): { host: string; port: number } | null {
    return this.#phase === 'up' ? this.#server : null;
  }

  /** @throws why it could not be started, as long as its pause lasts */
  mustBeWorthAStart(): void {
    this.#options.pause.mustBeOver();
  }

  touch(): void {
    this.lastUsedAt = new Date();
  }

  status(): ProjectStatus {
    const { projectId, lastUsedAt } = this;
    const status = this.#state();
    const isUp = this.#phase !== 'down';
    const known = this.#phase === 'up' ? this.#supervised() : null;
    const port = (isUp && this.#server?.port) || null;
    return {
      projectId,
      status,
      agentPort: port,
      apiServerPort: port === null ? null : port + 1,
      pid: isUp ? this.#pid : null,
      startedAt: this.#server?.startedAt ?? null,
      lastUsedAt,
      restarts: known?.restarts ?? this.#restarts,
      lastError: known?.lastError ?? this.#lastError,
    };
  }

  /**
   * Resolves when it serves: started once, however many ask; after a crash as soon as it is back.
   * @throws ProjectRunnerError as `deployCommand` does; `DEPLOY_CANCELLED` where it was stopped meanwhile, `SERVER_EXITED`
   * where it was given up
   */
  async ensureRunning(): Promise<void> {
    const stops = this.#stops;
    for (;;) {
      this.touch();
      const ending = this.#stopping ?? this.#evicting;
      if (this.#stops !== stops) throw cancelled(this.projectId);
      if (ending) await ending.catch(() => undefined);
      else if (this.#starting) return this.#starting;
      else if (this.#phase === 'down') return this.#begin();
      else if (this.#state() === 'running') return;
      else {
        await this.#changed.promise;
        this.#mustNotBeGivenUp();
      }
    }
  }

  /** A start that is under way is cancelled. A second call joins the first. @throws ProjectRunnerError `STOP_FAILED` */
  stop(): Promise<void> {
    this.#stops += 1;
    this.#stopping ??= this.#stop().finally(() => (this.#stopping = null));
    return this.#stopping;
  }

  /** Stops it for being idle, unless something else happens to it already, or somebody wants it before its stop begins. */
  evict(requests: EvictedRequests): Promise<boolean> {
    if (!this.isServing) return Promise.resolve(false);
    const evicting = evict(requests, {
      mayStay: () => this.#stopping === null && this.#state() === 'running',
      end: () => this.#end(),
      lastUsedAt: () => this.lastUsedAt,
    });
    this.#evicting = evicting.finally(() => (this.#evicting = null));
    return this.#evicting;
  }

  /** The runner tells of a server of this project. */
  heard({ name, server }: ServerEvent): void {
    // One that an earlier process left has another id.
    if (name === 'spawned' && this.#phase === 'starting') this.#server = server;
    if (server.id !== this.#server?.id) return;
    this.#server = server;
    if (name === 'spawned') this.#pid = server.processId;
    if (name === 'exited') this.#pid = null;
    if (name === 'crashed')
      this.#options.pause.failed(givenUp(this.projectId, this.#supervised()?.lastError));
    if (name === 'settled' && this.#phase === 'up') this.#goDown(this.#supervised());
    this.#tell();
  }

  #begin(): Promise<void> {
    this.#phase = 'starting';
    this.#lastError = null;
    this.#restarts = 0;
    this.#cancel = new AbortController();
    this.#starting = this.#start(this.#cancel.signal).finally(() => {
      this.#starting = null;
      this.#cancel = null;
      this.#tell();
    });
    return this.#starting;
  }

  async #start(signal: AbortSignal): Promise<void> {
    const { projectId, subdomain, runner, pause, config, command } = this.#options;
    const { startTimeoutMs: healthCheckTimeoutMs, limits } = config();
    try {
      this.#server = await runner.deployCommand(
        { id: projectId, projectId, subdomain: subdomain() },
        command,
        {
          signal,
          ...(healthCheckTimeoutMs === undefined ? {} : { healthCheckTimeoutMs }),
          ...(limits === undefined ? {} : { limits }),
        },
      );
      this.#phase = 'up';
      // It may have ended while its start was being answered.
      const known = this.#supervised();
      if (known?.state === 'exited' || known?.state === 'crashed') throw givenUp(projectId, known.lastError);
      pause.over();
    } catch (error) {
      const isWanted = isWantedEnd(error);
      this.#phase = 'down';
      this.#lastError = isWanted ? null : messageOf(error);
      if (!isWanted) pause.failed(error);
      throw error;
    }
  }

  async #stop(): Promise<void> {
    this.#cancel?.abort();
    await this.#starting?.catch(() => undefined);
    await this.#evicting?.catch(() => undefined);
    await this.#end();
    this.#lastError = null;
    this.#options.pause.over();
  }

  async #end(): Promise<void> {
    this.#tell();
    if (this.#phase !== 'up' || !this.#server) return;
    this.#phase = 'stopping';
    try {
      await this.#options.runner.stop(this.#server);
      this.#goDown(null);
    } catch (error) {
      // The next start tries it again, before it starts anything.
      this.#phase = 'down';
      this.#lastError = messageOf(error);
      throw error;
    } finally {
      this.#tell();
    }
  }

  #goDown(ended: ServerStatus | null): void {
    this.#phase = 'down';
    this.#pid = null;
    this.#restarts = ended?.restarts ?? this.#restarts;
    this.#lastError = ended?.state === 'crashed' ? ended.lastError : null;
  }

  #mustNotBeGivenUp(): void {
    if (this.#phase !== 'down' || this.#lastError === null) return;
    throw givenUp(this.projectId, this.#lastError);
  }

  #supervised(): ServerStatus | null {
    return this.#server && this.#options.runner.getServerStatus(this.#server);
  }

  #state(): ProjectState {
    if (this.#stopping && this.#phase !== 'down') return 'stopping';
    if (this.#phase === 'starting' || this.#phase === 'stopping') return this.#phase;
    if (this.#phase === 'down') return this.#lastError === null ? 'stopped' : 'error';
    return supervisedStates[this.#supervised()?.state ?? 'exited'];
  }

  /** Who waits looks again. */
  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
