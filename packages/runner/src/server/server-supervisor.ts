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
import { CurrentRun } from './current-run.ts';
import { KeptState } from './kept-state.ts';
import { whyItEnded } from './limits.ts';
import { RestartSchedule } from './restart-schedule.ts';
import { startOptions } from './start-options.ts';
import { ServerRoute } from './server-route.ts';
import { resumeStart, startServer } from './start-server.ts';
import type { StartedServer } from './start-server.ts';
import type { SupervisionContext } from './supervision-context.ts';
import type { SupervisorOptions } from './supervisor-options.ts';
import { watchHealth } from './watch-health.ts';

/** One server over all its runs. */
export class ServerSupervisor {
  readonly logs: LogPipeline;
  readonly plugins: SupervisionContext['plugins'];
  readonly route: ServerRoute;
  readonly #context: SupervisionContext;
  readonly #options: SupervisorOptions;
  readonly #kept: KeptState;
  readonly #schedule: RestartSchedule;
  readonly #current: CurrentRun;
  readonly #stopWanted = new AbortController();
  /** The start, or what happens after an exit; a stop waits for it. */
  #busy: Promise<void> = Promise.resolve();
  #ending: Promise<void> | null = null;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.logs = options.logs;
    this.plugins = options.context.plugins;
    this.#context = options.context;
    this.#kept = new KeptState(options.stored, options.context);
    this.#schedule = new RestartSchedule(options.context.restart);
    this.#current = new CurrentRun(options.context);
    this.route = new ServerRoute(this.#kept, options.context, this.#stopWanted.signal);
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

  /** Its deploy is through, and nobody wants its end. */
  get isToStay(): boolean {
    return this.#kept.stored.servesAt !== null && !this.#stopWanted.signal.aborted && !this.route.isOver;
  }

  get target(): ProbeTarget | null {
    return this.#current.target;
  }

  get handle(): ProcessHandle | null {
    return this.#current.handle;
  }

  status(): ServerStatus {
    return this.#kept.status(this.handle);
  }

  /** The first start. One that fails leaves nothing behind. @throws as `startServer` does */
  start(signal: AbortSignal): Promise<void> {
    const wanted = AbortSignal.any([signal, this.#stopWanted.signal]);
    const starting = this.#run(startServer, wanted).catch(async (error: unknown) => {
      await this.#settle('exited');
      throw error;
    });
    this.#busy = starting.catch(() => undefined);
    return starting;
  }

  /** Goes on with a run as an earlier runner left it: it serves, is starting, or was not well and is to be ended. */
  adopt(started: StartedServer): void {
    const { state, lastError, run } = this.#kept.stored;
    this.#context.events.emit('adopted', { server: this.server, run });
    if (state === 'starting') return this.#supervise(() => this.#resume(started));
    this.#becomeReady(started);
    if (state === 'backoff') {
      this.#whenReady(started, () => this.#afterFailure(started, lastError ?? 'it was not well', false));
    } else void this.route.follow();
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
    return (this.#ending ??= this.#leave());
  }

  async #leave(): Promise<void> {
    this.#stopWanted.abort();
    this.#current.detach();
    await this.logs.end('left');
    await this.#current.releaseLease();
    this.#kept.close();
    this.#options.disown();
  }

  async #run(start: typeof startServer, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    const lease = this.#current.takeLease();
    this.#becomeReady(await start(startOptions(this.#kept, this.#options, lease, signal)));
    const tookMs = performance.now() - startedAt;
    this.#context.events.emit('ready', { server: this.server, run: this.#kept.stored.run, tookMs });
  }

  async #resume(starting: StartedServer): Promise<void> {
    try {
      await this.#run((options) => resumeStart(starting, options), this.#stopWanted.signal);
      void this.route.follow();
    } catch (error) {
      void this.route.away();
      const reason = error instanceof Error ? error.message : String(error);
      this.#kept.unwell(reason);
      await this.#comeBack({ exit: null, readyForMs: null, reason, isFinal: false });
    }
  }

  #becomeReady(started: StartedServer): void {
    const { handle, target, lease } = started;
    this.#current.begin(started);
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
    if (this.#current.started === started && this.state === 'ready') this.#supervise(action);
  }

  #supervise(action: () => Promise<void>): void {
    this.#busy = action().catch((error: unknown) => {
      this.#context.logger.error(`Supervising server ${this.server.id} failed`, error);
    });
  }

  async #afterExit(started: StartedServer, exit: ProcessExit): Promise<void> {
    if (this.#options.isForeign) return (this.#ending ??= this.#leave());
    const { readyForMs } = this.#current;
    void this.route.away();
    const why = whyItEnded(exit, started.handle, this.#kept.stored.launch.limits);
    this.#kept.unwell(why.reason);
    this.#kept.exited(exit, false);
    await this.#finishRun(started);
    await this.#comeBack({ exit, readyForMs, ...why });
  }

  /** It runs and is not well, so it is ended to be started anew. */
  async #afterFailure(started: StartedServer, reason: string, isFinal: boolean): Promise<void> {
    const { readyForMs } = this.#current;
    void this.route.away();
    this.#kept.unwell(reason);
    await this.#finishRun(started);
    this.#kept.exited(await started.handle.exited, false);
    await this.#comeBack({ exit: null, readyForMs, reason, isFinal });
  }

  /** `tookMs`: how long its stop goes on already. */
  #finishRun(run: Pick<StartedServer, 'handle' | 'receiver'>, tookMs = 0): Promise<void> {
    return this.#current.finish(run, this.#context.graceMs(this.#kept.stored.launch.drainSeconds, tookMs));
  }

  async #comeBack(ended: EndedRun): Promise<void> {
    const outcome = await comeBack(ended, {
      context: this.#context,
      kept: this.#kept,
      schedule: this.#schedule,
      mayRestart: this.#options.env !== null,
      signal: this.#stopWanted.signal,
      start: () => this.#run(startServer, this.#stopWanted.signal),
    });
    if (outcome === 'running') void this.route.follow();
    if (outcome === 'stopped') await this.#settle('exited');
    if (typeof outcome !== 'object') return;
    this.#kept.crashed(outcome.crashed, await this.logs.tail(50));
    await this.#settle('crashed');
  }

  async #end(): Promise<void> {
    this.#stopWanted.abort();
    await this.#busy;
    if (this.#kept.isOver) return;
    this.#kept.stopping();
    const since = performance.now();
    await this.route.remove();
    const current = this.#current.started;
    if (current) {
      await this.#finishRun(current, performance.now() - since);
      this.#kept.exited(await current.handle.exited, true);
    }
    await this.#settle('exited');
  }

  async #settle(state: 'exited' | 'crashed'): Promise<void> {
    if (this.#kept.isOver) return;
    await this.route.remove();
    await this.logs.end();
    await this.#current.releaseLease();
    this.#kept.settled(state);
    this.#options.disown();
  }
}
