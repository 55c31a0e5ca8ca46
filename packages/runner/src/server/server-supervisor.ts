import type {
  LogSession,
  ProbeTarget,
  ProcessExit,
  ProcessHandle,
  RunningServer,
  ServerState,
  ServerStatus,
} from '@project-runner/core';

import { describeExit } from '../build/describe-exit.ts';
import type { LogPipeline } from '../logs/log-pipeline.ts';
import { comeBack } from './come-back.ts';
import type { EndedRun } from './come-back.ts';
import { HeldLease } from './held-lease.ts';
import { KeptState } from './kept-state.ts';
import { whyItEnded } from './limits.ts';
import { RestartSchedule } from './restart-schedule.ts';
import type { StoredServer } from './server-state.ts';
import { startServer } from './start-server.ts';
import type { StartedServer } from './start-server.ts';
import type { SupervisionContext } from './supervision-context.ts';
import { watchHealth } from './watch-health.ts';

export interface SupervisorOptions {
  context: SupervisionContext;
  /** What is kept of it so far. */
  stored: StoredServer;
  /** All variables of the server but those of its address; `null` where they went with an earlier runner. */
  env: Readonly<Record<string, string>> | null;
  logs: LogPipeline;
  /** Gives the server back to whoever claims it next. */
  disown(): void;
}

/** One server over all its runs. */
export class ServerSupervisor {
  readonly logs: LogPipeline;
  readonly #context: SupervisionContext;
  readonly #options: SupervisorOptions;
  readonly #kept: KeptState;
  readonly #schedule: RestartSchedule;
  readonly #lease: HeldLease;
  readonly #stopWanted = new AbortController();
  #current: StartedServer | null = null;
  #readyAt = 0;
  /** The start, or what happens after an exit; a stop waits for it. */
  #busy: Promise<void> = Promise.resolve();
  #ending: Promise<void> | null = null;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.logs = options.logs;
    this.#context = options.context;
    this.#kept = new KeptState(options.stored, options.context);
    this.#schedule = new RestartSchedule(options.context.restart);
    this.#lease = new HeldLease(options.context.plugins, options.context.logger);
  }

  get session(): LogSession {
    return this.#kept.stored.session;
  }

  get state(): ServerState {
    return this.#kept.stored.state;
  }

  get server(): RunningServer {
    return this.#kept.server;
  }

  get target(): ProbeTarget | null {
    return this.#current?.target ?? null;
  }

  get handle(): ProcessHandle | null {
    return this.#current?.handle.exit() === null ? this.#current.handle : null;
  }

  status(): ServerStatus {
    return this.#kept.status(this.handle);
  }

  /** The first start. One that fails leaves nothing behind. @throws as `startServer` does */
  start(signal: AbortSignal): Promise<void> {
    const wanted = AbortSignal.any([signal, this.#stopWanted.signal]);
    const starting = this.#run(wanted).catch(async (error: unknown) => {
      await this.#settle('exited');
      throw error;
    });
    this.#busy = starting.catch(() => undefined);
    return starting;
  }

  adopt(started: StartedServer): void {
    this.#context.events.emit('adopted', { server: this.server, run: this.#kept.stored.run });
    this.#becomeReady(started);
  }

  /** It ended while no runner was there. */
  async adoptEnded(started: Omit<StartedServer, 'lease' | 'target'>, exit: ProcessExit): Promise<void> {
    await this.#finishRun(started);
    this.#kept.exited(exit, false, `it ended with ${describeExit(exit)} while no runner was there`);
    await this.#settle('exited');
  }

  /**
   * Stops the server for good: route, tree, logs, port, state, in that order. A second call joins the first.
   * @throws ProjectRunnerError `STOP_FAILED` naming the processes that survived
   */
  stop(): Promise<void> {
    this.#ending ??= this.#end().catch((error: unknown) => {
      // A stop that failed may be tried again.
      this.#ending = null;
      throw error;
    });
    return this.#ending;
  }

  /** Lets go of it, for the next runner. What cannot be left, because nothing of it runs, is stopped. */
  leave(): Promise<void> {
    const handle = this.state === 'ready' ? this.handle : null;
    if (!handle?.detach) return this.stop();
    return (this.#ending ??= this.#leave(handle));
  }

  async #leave(handle: ProcessHandle): Promise<void> {
    this.#stopWanted.abort();
    handle.detach?.();
    this.#current = null;
    await this.logs.end();
    await this.#lease.release();
    this.#options.disown();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { launch, server } = this.#kept.stored;
    const startedAt = performance.now();
    const started = await startServer({
      serverId: server.id,
      plugins: this.#context.plugins,
      framework: this.#context.frameworkOf(launch.framework),
      launch,
      env: this.#options.env ?? {},
      timing: this.#context.timing,
      logs: this.logs,
      lease: this.#lease.take(),
      signal,
      nextRun: () => this.#kept.beginRun(),
      onSpawned: ({ ref }, leased) => this.#kept.spawned(ref, leased),
      onEnded: (exit, wanted) => this.#kept.exited(exit, wanted),
    });
    this.#becomeReady(started);
    const tookMs = performance.now() - startedAt;
    this.#context.events.emit('ready', { server: this.server, run: this.#kept.stored.run, tookMs });
  }

  #becomeReady(started: StartedServer): void {
    const { handle, target, lease } = started;
    this.#current = started;
    this.#lease.hold(lease);
    this.#readyAt = performance.now();
    this.#kept.ready(target.host, lease.port);
    void handle.exited.then((exit) => this.#whenReady(started, () => this.#afterExit(started, exit)));
    watchHealth({
      ...started,
      context: this.#context,
      limits: this.#kept.stored.launch.limits,
      signal: this.#stopWanted.signal,
      onFailure: (...why) => this.#whenReady(started, () => this.#afterFailure(started, ...why)),
    });
  }

  /** What is told of a run that is over, or that somebody stops, comes too late: they see to it. */
  #whenReady(started: StartedServer, action: () => Promise<void>): void {
    if (this.#current !== started || this.state !== 'ready') return;
    this.#busy = action().catch((error: unknown) => {
      this.#context.logger.error(`Supervising server ${this.server.id} failed`, error);
    });
  }

  async #afterExit(started: StartedServer, exit: ProcessExit): Promise<void> {
    const readyForMs = performance.now() - this.#readyAt;
    const why = whyItEnded(exit, started.handle, this.#kept.stored.launch.limits);
    this.#kept.unwell(why.reason);
    this.#kept.exited(exit, false);
    await this.#finishRun(started);
    await this.#comeBack({ exit, readyForMs, ...why });
  }

  /** It runs and is not well, so it is ended to be started anew. */
  async #afterFailure(started: StartedServer, reason: string, isFinal: boolean): Promise<void> {
    const readyForMs = performance.now() - this.#readyAt;
    this.#kept.unwell(reason);
    await this.#finishRun(started);
    this.#kept.exited(await started.handle.exited, false);
    await this.#comeBack({ exit: null, readyForMs, reason, isFinal });
  }

  /** What is left of its tree goes, and its last lines are handed over. */
  async #finishRun({ handle, receiver }: Pick<StartedServer, 'handle' | 'receiver'>): Promise<void> {
    await handle.stop({ graceMs: this.#context.graceMs(this.#kept.stored.launch.drainSeconds) });
    await handle.closed;
    receiver.end();
    this.#current = null;
  }

  async #comeBack(ended: EndedRun): Promise<void> {
    const before = this.server.port;
    const outcome = await comeBack(ended, {
      context: this.#context,
      kept: this.#kept,
      schedule: this.#schedule,
      mayRestart: this.#options.env !== null,
      signal: this.#stopWanted.signal,
      start: () => this.#run(this.#stopWanted.signal),
    });
    if (outcome === 'running' && this.server.port !== before) await this.#context.moved(this);
    if (outcome === 'stopped') await this.#settle('exited');
    if (typeof outcome === 'object') await this.#giveUp(outcome.crashed);
  }

  async #giveUp(reason: string): Promise<void> {
    this.#kept.crashed(reason, await this.logs.tail(50));
    await this.#settle('crashed');
  }

  async #end(): Promise<void> {
    this.#stopWanted.abort();
    await this.#busy;
    if (this.#kept.isOver) return;
    this.#kept.stopping();
    await this.#context.unroute(this);
    const current = this.#current;
    if (current) {
      await this.#finishRun(current);
      this.#kept.exited(await current.handle.exited, true);
    }
    await this.#settle('exited');
  }

  async #settle(state: 'exited' | 'crashed'): Promise<void> {
    if (this.#kept.isOver) return;
    await this.#context.unroute(this);
    await this.logs.end();
    await this.#lease.release();
    this.#kept.settled(state);
    this.#options.disown();
  }
}
